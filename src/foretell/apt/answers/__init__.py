"""What apt will do, and why: predictions, reasons, comparisons, conflicts and their fixes."""
