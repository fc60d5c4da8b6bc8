"""Laws: what the shape of the response is believed to be; they know no table."""
