"""Pretrained encoder to task to predictions; computes no reported metric."""
