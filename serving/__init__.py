"""The scoring service: schemas, errors, online scoring, and the BentoML service around them."""
