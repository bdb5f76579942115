"""Where the kernel puts memory: interleave weights, placement, tiers, CMA and CXL."""
