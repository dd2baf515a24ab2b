"""Books in formats other programs read: beancount, CSV, Excel. `lianhe export` calls it."""
