"""The pure core of a call: frames in, events out; audio time only."""
