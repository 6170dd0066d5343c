"""Pages to look at: one file each, no network, nothing in them runs that is not ours."""
