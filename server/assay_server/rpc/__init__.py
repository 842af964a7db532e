"""The gRPC side: decode, hand an act to `app`, encode."""
