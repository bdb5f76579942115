"""Where packages come from: source files, index targets, and what a Release file promises."""
