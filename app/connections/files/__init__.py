"""Files that people bring and take: imports with their undo, and the list of what left the house."""
