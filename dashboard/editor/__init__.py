"""How is a scorecard read, made and tried out on the page? The parts of `dashboard.views.scorecards`."""
