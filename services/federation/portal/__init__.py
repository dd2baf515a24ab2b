"""The bank portal: pages and JSON API of the banks under the risk pool, each seeing its own."""
