"""An embedded registry on loopback and a sample project, to see the main job without a network."""
