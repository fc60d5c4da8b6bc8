"""What compute a target takes."""
