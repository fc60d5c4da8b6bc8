"""What a reader must hear about a forecast."""
