"""Quality: reports, their drill-down and their export, for supervisors who must be able to trust every number."""
