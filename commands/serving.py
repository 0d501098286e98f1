"""How is Attune started, from the command line?"""

import click


@click.command()
def serve() -> None:
    """Serve the dashboard."""
    from app import serve as serve_dashboard

    serve_dashboard()


@click.command()
@click.option("--no-serve", is_flag=True, help="Prepare everything and stop before the dashboard opens.")
def demo(no_serve: bool) -> None:
    """Set up the demonstration from the sample calls and open the dashboard on it."""
    from pipeline.demo import prepare

    prepare()
    if not no_serve:
        from app import serve as serve_dashboard

        serve_dashboard()
