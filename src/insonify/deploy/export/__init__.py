"""Checkpoint to files that run without insonify: ONNX, torch.export, timm."""
