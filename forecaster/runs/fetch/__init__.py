"""To fetch: the runs of a tracker as a CSV on disk, through the tracker's own client. Nothing else uses the network."""
