"""One module for each interface of the kernel: mechanism only, ``OSError`` as contract."""
