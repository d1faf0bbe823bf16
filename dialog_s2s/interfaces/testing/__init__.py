"""`dialog-s2s test`: replies as a regression suite, over bundles, settings and seeds."""
