"""Who is in contact most, and who is this customer?"""

import streamlit as st

from dashboard import access, data, data_customers
from dashboard.pages import customer_address, open_customer
from dashboard.widgets import table
from dashboard.widgets.downloads import filter_words, show_table_with_downloads
from dashboard.widgets.filters import choose_calls
from dashboard.widgets.frame import NO_CALLS_YET, nothing_here
from dashboard.widgets.words import count, length, moment, signed

NOBODY_KNOWN = (
    "Send along whose conversation each is, as `customer_id`, `customer_phone` or `customer_email` in the list of calls; "
    "of the latter two only a keyed hash is kept. The guide to customers has the rule."
)


def show() -> None:
    """Draw the page."""
    asker = access.required_overseer()
    st.title("Customers", anchor=False)
    choices = data.filter_choices(asker)
    if not choices.scorecards:
        nothing_here("No calls yet", NO_CALLS_YET)
        return
    st.caption("Conversations of one customer, whichever way they came; of those that you may see.")
    said = st.text_input(
        "Find a customer",
        placeholder="Number, telephone number, e-mail address, or whole name",
        help="A telephone number or an address is turned into a keyed hash and looked up; what you type is not kept.",
        key="find-customer",
    )
    if said.strip():
        rows, filters, title = data_customers.found(asker, said), {}, "Who was found"
        if rows.empty:
            nothing_here(
                "Nobody found", "No conversation that you may see came with this. Numbers and names have to be whole."
            )
            return
    else:
        wanted = choose_calls(choices)
        rows, filters = data_customers.busiest(asker, wanted), filter_words(wanted, choices)
        title = "Who was in contact most, first the one with most contacts"
        if rows.empty:
            nothing_here("No customer is known in this period", NOBODY_KNOWN)
            return
    columns = [
        table.Column("Customer"),
        table.Column("Contacts", number=True, help="Of the customer’s own accord; what we began is not among them"),
        table.Column("Conversations", number=True),
        table.Column("Channels", number=True),
        table.Column("Passed on", number=True, help="How often, as far as it is known"),
        table.Column("Time", number=True, help="Together, of what has a length"),
        table.Column("Ended", number=True, help="The mean sentiment at the end, −1 to +1"),
        table.Column("Latest"),
    ]
    listed = [
        table.Row(
            [
                table.text(row.customer or "no name given", link=True, nowrap=True),
                table.number(row.contacts),
                table.number(row.conversations),
                table.number(row.channels),
                table.number(row.transfers),
                table.number(row.seconds, length(row.seconds) if row.seconds else "–"),
                table.number(row.ended, signed(row.ended)),
                table.text(moment(row.last_at), sort=row.last_at.isoformat(), nowrap=True),
            ],
            id=row.customer_id,
            href=customer_address(row.customer_id),
        )
        for row in data.each(rows)
    ]
    st.caption(f"{count(len(listed), 'customer')}. Choose one to see all of their conversations.")
    chosen = show_table_with_downloads("customers", title, columns, listed, filters)
    if chosen:
        open_customer(chosen)


if __name__ == "__main__":
    show()
