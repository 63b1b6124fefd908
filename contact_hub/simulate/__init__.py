"""The simulator's shell: files in, processes over seeds, tables and JSON out. What happens in a run is `routing.simulator`'s business."""
