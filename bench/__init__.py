"""Speed and memory as ratios within one run: `make bench`. Never asserted; machines differ, ratios less so."""
