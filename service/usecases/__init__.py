"""What can be done with the register: one function each, from explicit arguments."""
