"""Where does each agent fall short, how sure is that, and what are the calls behind it?"""

from dashboard.standing import show_standing

if __name__ == "__main__":
    show_standing("agent")
