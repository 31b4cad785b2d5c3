"""Where in the frame the ultrasound image is."""
