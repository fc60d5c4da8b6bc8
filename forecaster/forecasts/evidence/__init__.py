"""What stands behind a forecast: the grade of its evidence, the track record, what was studied."""
