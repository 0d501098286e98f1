"""In which words do people say what is private, and in which do they say numbers that are not?

Patterns only; `bench.private` fills them. `|` parts turns, each begins with who speaks. A name in braces is filled with an
invented value, `{card.1}` with the first part of one that is said in parts. Everything is invented: numbers are drawn by
chance, names and streets come from the lists below.

There are two sets. Those of REHEARSED were looked at again and again while the rules were written. Those of HELD_OUT were
written down before there was any rule, and nobody looked at which of them fail: the figures that are promised are theirs.
"""

from transcripts.private.spoken import words

REHEARSED: dict[str, tuple[str, ...]] = {
    "card_number": (
        "A: can I take the long number across the front of the card | C: yes it's {card}",
        "A: could you read me your card number please | C: {card}",
        "C: my card number is {card} do you need anything else",
        "A: and the card number | C: {card.1} | A: yes | C: {card.2} | A: go on | C: {card.3} | A: mm hm | C: {card.4}",
        "A: what's the long card number | C: it's {card.1} {card.2} | A: okay | C: and then {card.3} {card.4}",
        "A: the sixteen digits on the front please | C: {card} | A: so that's {card} | C: that's right",
        "C: I'd like to pay with my visa | A: go ahead when you're ready | C: {card}",
        "A: your card number please | C: {card.1} {card.2} {card.3} {wrong} no sorry {card.4}",
    ),
    "card_security_code": (
        "A: and the security code on the back | C: {cvv}",
        "A: what are the last three digits on the back of the card | C: that's {cvv}",
        "A: can I have the CVV please | C: yeah it's {cvv}",
        "C: and the security code is {cvv}",
        "A: three digits on the signature strip | C: {cvv} | A: {cvv} thank you",
    ),
    "card_expiry": (
        "A: card number please | C: {card} | A: and the expiry date | C: {expiry}",
        "A: when does the card expire | C: it's {expiry}",
        "C: the expiry date on the card is {expiry}",
    ),
    "bank_account": (
        "A: what's the sort code | C: {sort} | A: and the account number | C: {account}",
        "C: the sort code is {sort} and the account number is {account}",
        "A: I need your bank account number for the direct debit | C: sure it's {account}",
        "C: my IBAN is {iban}",
        "A: what's the routing number of your bank | C: {routing}",
    ),
    "national_identifier": (
        "A: can I take your national insurance number | C: it's {nino}",
        "C: my social security number is {ssn}",
        "A: what's your NHS number please | C: {nhs}",
        "A: the last thing is your social | C: okay that's {ssn}",
        "C: my passport number is {passport}",
    ),
    "date_of_birth": (
        "A: can you confirm your date of birth | C: {birth}",
        "A: and your date of birth please | C: yes it's the {birth}",
        "C: I was born on the {birth}",
        "C: my date of birth is {birth} and I've been with you for years",
        "A: when were you born | C: {birth}",
    ),
    "email": (
        "A: what's your email address | C: it's {email}",
        "C: you can email me at {email}",
        "A: which email should I send it to | C: {email} | A: so that's {email}",
        "C: my email is {email} if you need it",
    ),
    "phone": (
        "A: what's the best number to reach you on | C: {phone}",
        "C: my mobile number is {phone}",
        "C: you can call me back on {phone}",
        "A: and a contact telephone number | C: {phone.1} | A: yes | C: {phone.2}",
        "A: is it still {phone} | C: yes that's my number",
    ),
    "address": (
        "A: what's your postcode | C: {postcode}",
        "C: I live at {street}",
        "A: and the first line of your address | C: {street}",
        "C: my address is {street} {town} {postcode}",
        "A: what's the zip code | C: it's {zip}",
        "C: we've moved to {street}",
    ),
    "password": (
        "A: what's the password on the account | C: it's {secret}",
        "C: my password is {secret}",
        "A: and your mother's maiden name | C: {surname}",
        "A: can you give me your memorable word | C: {secret}",
        "A: what's your pin number | C: {pin}",
    ),
}
"""What was looked at while the rules were written."""

HELD_OUT: dict[str, tuple[str, ...]] = {
    "card_number": (
        "A: right if you've got your card handy pop the sixteen digit number through to me | C: okay hang on {card}",
        "C: I want to put it on the mastercard | A: lovely what's the number on it | C: {card}",
        "A: read me the digits off the card whenever you're ready | C: {card.1} | A: lovely | C: {card.2} | A: uh huh | "
        "C: {card.3} | A: and the last bit | C: {card.4}",
        "C: so the debit card it's {card} got that | A: let me say that back {card} | C: perfect",
        "A: which card are we using today | C: the blue one er {card.1} {card.2} {card.3} {card.4}",
        "C: the number's {card.1} er {card.2} then {card.3} and finally {card.4}",
        "A: could I get the full number from the front of your credit card | C: {card.1} {card.2} oh hold on I've lost my "
        "place {card.3} {card.4}",
        "C: take it from card {card} please",
        "A: so that was {card.1} {card.2} {card.3} | C: and {card.4}",
    ),
    "card_security_code": (
        "A: and flip the card over for me the three numbers on the strip | C: {cvv}",
        "A: last little number on the reverse | C: the security number yeah {cvv}",
        "C: the CVC is {cvv}",
        "A: and what's that short code on the back | C: {cvv}",
        "A: then the card verification number | C: er {cvv} I think it is {cvv}",
    ),
    "card_expiry": (
        "A: got the card number now when does it run out | C: {expiry}",
        "A: and the expiry on that card | C: that'll be {expiry}",
        "C: my card's valid until {expiry}",
        "A: what's the date it's good through on the card | C: {expiry}",
    ),
    "bank_account": (
        "A: I'll need the six digits of the sort code | C: {sort.1} | A: yeah | C: {sort.2} | A: yep | C: {sort.3}",
        "C: refund it to my bank would you account number {account} sort code {sort}",
        "A: who do you bank with and what's the account number there | C: barclays and it's {account}",
        "C: it's the checking account {account} with routing number {routing}",
        "A: let me have the IBAN then | C: okay it's {iban}",
        "A: so sort code {sort} and account {account} is that correct | C: it is",
    ),
    "national_identifier": (
        "A: and your NI number | C: let me find it {nino}",
        "C: I've got my national insurance card here it says {nino}",
        "A: could you verify your full social for me | C: sure {ssn}",
        "A: I have to ask for the number on your passport | C: {passport}",
        "C: the NHS number on the letter is {nhs}",
        "A: may I have your driving licence number | C: {licence}",
    ),
    "date_of_birth": (
        "A: for security what's your d o b | C: {birth}",
        "A: how about your birthday just to check it's you | C: it's {birth}",
        "C: I'm {birth} if you need my date of birth",
        "A: date of birth for the account holder | C: that's my wife she was born {birth}",
        "A: so you were born on {birth} is that right | C: yeah",
        "A: day month and year you were born please | C: {birth}",
    ),
    "email": (
        "A: is there an email I can ping that over to | C: yeah {email}",
        "C: send the invoice to {email} please",
        "A: let me just check I've got you as {email} | C: that's the one",
        "A: what do we have for your e mail | C: should be {email}",
        "C: it's all lower case {email}",
    ),
    "phone": (
        "A: can I grab a daytime phone number for the driver | C: course {phone}",
        "C: just ring me on {phone} any time after lunch",
        "A: and is there a landline | C: there is it's {phone}",
        "C: if we get cut off I'm on {phone}",
        "A: your mobile please | C: {phone.1} | A: okay | C: {phone.2} | A: thank you",
        "C: text it to {phone} would you",
    ),
    "address": (
        "A: what address is it going to | C: {street} {town}",
        "A: house number and street please | C: {street}",
        "C: the engineer should come to {street} that's {postcode}",
        "A: could you confirm the post code for me | C: yeah that's {postcode}",
        "C: I'm over at {street} now since march",
        "A: the zip on your billing address | C: {zip}",
        "A: still at {street} are you | C: yes we are",
    ),
    "password": (
        "A: can I have the security password you set up | C: oh it's {secret}",
        "C: I set the password to {secret} and it won't let me in",
        "A: what was the name of your first pet | C: {surname}",
        "A: tell me your telephone passcode | C: {pin}",
        "C: the one time code you sent me is {otp}",
        "A: and the memorable place on your file | C: {town}",
        "C: my pin is {pin} and the machine ate my card",
    ),
}
"""What the promised figures are measured on: nobody looked at what of this fails."""

REHEARSED_NOTHING: tuple[str, ...] = (
    "C: it was {n} pounds {nn} last month and now it's {nnn}",
    "A: that comes to {money} including delivery",
    "A: your order number is {order} | C: thanks",
    "C: I ordered {n} of them on the {day}",
    "A: your appointment is on the {day} at {time}",
    "A: we're open from nine to five monday to friday",
    "C: it takes four or five days to get here",
    "C: I asked about double glazing for {n} windows",
    "A: it'll be with you in {n} to {nn} working days",
    "C: I've been on hold for {nn} minutes",
    "A: your reference is {order} please keep it safe",
    "A: that's {nn} percent off for {nn} months",
    "C: I've been a customer since {year}",
    "A: you can ring us on {freephone} any time",
    "C: the meter reads {nnnnn}",
    "A: there's one more thing to do it won't take two minutes",
    "C: oh no not for the third time this week",
    "A: take one in the morning and two at night for ten days",
    "C: I told two of your colleagues for weeks",
    "A: the card reader in the shop was down at {time}",
    "C: the parcel had {n} items and {n} were broken",
    "A: your balance is {money} and the next bill is due on the {day}",
    "C: my card was charged {money} twice",
    "A: is there anything else | C: no that's all for today",
    "C: I forgot my password and I can't get in",
    "A: you can reset your password on the website",
    "C: it's five minutes down the road from us",
    "A: flight {flight} leaves at {time} from gate {nn}",
    "A: we refund you within {nn} days of the {day}",
    "C: my broadband does {nn} megabits and I pay for {nnn}",
    "A: the model is a {model} and it costs {money}",
)
"""Numbers that tempt, and nothing private: looked at while the rules were written."""

HELD_OUT_NOTHING: tuple[str, ...] = (
    "C: I paid {money} on the {day} and another {money} a week later",
    "A: so that's {n} at {money} each making {money} altogether",
    "C: the tracking number says {order}",
    "A: I've raised a ticket for you it's {order}",
    "A: can I take your booking reference | C: {order}",
    "A: what's the order number | C: it's {order}",
    "A: the engineer can be there between {time} and {time} on the {day}",
    "C: since two thousand and {nn} we've never had this for one second",
    "C: three or four people told me the same in {n} weeks",
    "A: double check the router please and turn it off for ten seconds",
    "C: I was born and bred here I know how it works",
    "C: that was my birthday present and it arrived broken",
    "A: the offer expires on the {day} so there's no rush",
    "C: I changed my address with you {n} months ago",
    "A: did you get the email we sent on the {day} | C: no nothing",
    "A: you can email us through the website or ring {freephone}",
    "C: your shop by the bus station has had {n} of them for {nn} weeks",
    "A: the speed should be {nnn} megabits not {nn}",
    "C: it's gone up from {money} to {money} that's {nn} percent",
    "A: we need to see {n} payslips and a passport",
    "C: the boiler is {nn} years old and the pressure is one point {n}",
    "A: press one for billing two for sales or three to hear this again",
    "C: I've rung {n} times at {time} and at {time}",
    "A: your claim number is {order} | C: thank you",
    "C: my pin doesn't work at the machine any more",
    "A: never tell anybody your password not even us",
    "A: we'll post it to the address we have on file",
    "C: the last four times I called it was for nothing",
    "C: I need {n} rooms for {n} nights from the {day}",
    "A: it's {nn} by {nnn} centimetres and weighs {n} kilos",
    "C: your meter man read {nnnnn} and I read {nnnnn}",
    "A: the new card should arrive in {n} to {nn} days",
    "C: we are a family of {n} with {n} dogs and a cat",
    "A: it's under model {model} and serial {order}",
    "C: can I have a size {nn} instead of a {nn}",
    "A: there are {nnn} people ahead of you in the queue",
    "C: I want to talk to someone too not to a machine for once",
    "A: your policy runs for {nn} months from the {day} and it's {money}",
    "C: bus number {nnn} stops outside at {time}",
    "A: the account number on your bill is just our reference it's on page {n}",
)
"""The same, held out."""

FIRST_NAMES = words("maria james wei aisha tom olga samuel priya helen diego nora kwame")
LAST_NAMES = words("harper okafor lindqvist marsh bellamy castellano whitlock ferris novak ashworth pemberton doyle")
PROVIDERS = ("gmail.com", "hotmail.com", "outlook.com", "yahoo.co.uk", "btinternet.com", "icloud.com", "fernhill.example")
STREETS = words("acacia,station,victoria,mill,church,oakfield,queens,manor,elm,park hill,saint johns,willow brook", ",")
STREET_KINDS = {
    "rehearsed": words("avenue road street lane close"),
    "held_out": words("drive crescent terrace gardens way"),
}
TOWNS = words("bramley,norwich,denham,ashby,wexcombe,harrow vale", ",")
SECRETS = {
    "rehearsed": words("bluebird,purple monkey,sunshine {nn},tiger {nnn}", ","),
    "held_out": words("marigold,crimson kite,london {nn},dragonfly {nnn}", ","),
}
