"""The tests. The folders mirror tf_slim/; house/, conformance/, goldens/ and api/ cut across it."""
