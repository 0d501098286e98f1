"""Which answers answer a question, and which would have fitted any?

Invented for the measurement: customers' questions of many trades, each once with what somebody wrote who had read it, once
with a prepared text that ignores it. The bounds of `answers.v1` were chosen by looking at `SEEN`; `UNSEEN` was written
afterwards.
"""

SEEN: tuple[tuple[str, str, str], ...] = (
    (
        "Where is my parcel? It was due on Monday.",
        "It left our depot this morning and will be with you tomorrow before noon.",
        "Thank you for contacting us. Your message is important to us and we will reply within 48 hours.",
    ),
    (
        "How do I cancel the direct debit?",
        "Open Payments in the app, choose the direct debit and press Stop; it takes effect the next working day.",
        "Did you know that you can find answers to most questions in our help centre?",
    ),
    (
        "Can I bring my dog to the hotel?",
        "Yes, dogs are welcome in the garden rooms, for 12 pounds a night.",
        "Thank you for choosing us. We look forward to welcoming you soon.",
    ),
    (
        "Is the blue one still in stock in size 9?",
        "We have two pairs of the blue in a 9 left; shall I put one aside?",
        "Sign up for our newsletter to be the first to hear about offers.",
    ),
    (
        "Why was I charged twice this month?",
        "The second payment is for the extra line that was added on the 4th; here is how it comes about.",
        "We are sorry for any inconvenience caused. We value your custom.",
    ),
    (
        "Do you deliver to Orkney?",
        "We do, by boat from Aberdeen, which adds two days.",
        "Hello, thank you for your enquiry. Please see our website for further information.",
    ),
    (
        "My router keeps dropping the connection in the evening.",
        "I have run a line test, and the fault is at the cabinet; an engineer will mend it on Thursday.",
        "We are sorry to hear that. Please restart your device. Have a great day!",
    ),
    (
        "When does the pool open?",
        "At seven, every day but Sunday, when it is nine.",
        "Thank you for your message. Is there anything else I can help you with?",
    ),
    (
        "I have not received the invoice for October.",
        "I have sent it again to your address, and here is a copy.",
        "Your feedback helps us to improve. Please take part in our short survey.",
    ),
    (
        "Can I change the name on the ticket?",
        "That can be done up to a day before you fly, under Manage booking.",
        "We aim to answer all enquiries within five working days.",
    ),
    (
        "is there a fee for paying off the loan early",
        "There is none once you are past the first year, which you are.",
        "Thanks for getting in touch. One of our advisers will be with you shortly.",
    ),
    (
        "What documents do I need for the appointment?",
        "Please bring your passport and a letter with your address from the last three months.",
        "Your case has been forwarded to the relevant department.",
    ),
    (
        "The heating engineer did not turn up today.",
        "I'm sorry. He was held up at a gas leak; he can come at eight tomorrow, and today's visit costs you nothing.",
        "Thank you for bringing this to our attention. Your comments have been noted.",
    ),
    (
        "Could somebody tell me if my claim has been approved?",
        "Your claim was approved yesterday, and 340 pounds will reach your account by Friday.",
        "Please be assured that we take all matters seriously.",
    ),
    (
        "how long is the warranty on the kettle",
        "Two years from the day you bought it.",
        "Please quote your reference in all correspondence.",
    ),
    (
        "Does the gluten free menu have a dessert?",
        "It has two: the lemon polenta cake and the sorbet.",
        "Thank you for your interest in our company.",
    ),
    (
        "My card was declined at the petrol station.",
        "The station asked for 150 pounds in advance, more than was left; your card itself is fine.",
        "We would like to apologise for the delay in responding to you.",
    ),
    (
        "I can't log in since the update.",
        "The update asks for the new PIN; choose Forgotten PIN and it lets you set one.",
        "For security reasons we cannot discuss accounts by e-mail.",
    ),
    (
        "Are you open on bank holiday Monday?",
        "We are, from ten to four.",
        "We are currently experiencing a high volume of contacts.",
    ),
    (
        "Please can you tell me my meter reading date?",
        "The next reading is on 14 December.",
        "You can manage your account online at any time.",
    ),
    (
        "Can I get a refund for the cancelled train?",
        "Yes; send the booking number through this form and the fare is back within five days.",
        "This mailbox is monitored during office hours only.",
    ),
    (
        "Is the toy safe for a two year old?",
        "It is made for three and older because of the small wheels, so I would wait.",
        "We hope this answers your question. Kind regards, the team.",
    ),
)
"""Question, answer, prepared text."""

UNSEEN: tuple[tuple[str, str, str], ...] = (
    (
        "Has my passport photo been accepted?",
        "It has; the background was light enough this time.",
        "We are committed to providing an excellent service to all applicants.",
    ),
    (
        "can i still get the early bird price",
        "The early price ended on Sunday, but I can give it to you until tonight.",
        "Thank you for following us! Have you seen our stories?",
    ),
    (
        "Why does the washing machine stop before it spins?",
        "When the drum is overloaded it stops to protect itself; take a third out and start the spin alone.",
        "All our products are tested to the highest standards.",
    ),
    (
        "Do I have to be at home when the meter is changed?",
        "Somebody over eighteen has to be there for about half an hour.",
        "You can reach our team from Monday to Friday.",
    ),
    (
        "My voucher says it has expired, but it was a Christmas present. Can you help?",
        "I've added three months to it, so it works again until the end of March.",
        "Terms and conditions apply to all promotions.",
    ),
    (
        "Is breakfast included in the weekend rate?",
        "It is, from half past seven until eleven.",
        "We hope to see you again very soon!",
    ),
    (
        "Could you move my boiler service to the week after?",
        "I have moved it to Tuesday the 17th, in the morning.",
        "Our engineers are fully qualified.",
    ),
    (
        "how do i get to the showroom by bus",
        "Take the 43 to the ring road; the stop is opposite our door.",
        "Visit us today and be inspired.",
    ),
    (
        "Who do I speak to about a bereavement on the account?",
        "You can tell me, and I am sorry for your loss; I need no more today than a name.",
        "Your request has been logged under the number below.",
    ),
    (
        "Does the policy cover my bike if it is stolen from the shed?",
        "Yes, as long as the shed was locked, up to 1,000 pounds.",
        "Insurance is all about peace of mind.",
    ),
    (
        "When will the water be back on in our street?",
        "The main was mended at noon; the taps should run clear within the hour.",
        "We apologise for the disruption to our customers.",
    ),
    (
        "Can you send me the size chart for the walking boots?",
        "Here it is; most people take half a size more than usual in this boot.",
        "Boots are now 20 percent off online.",
    ),
    (
        "what happens to my points if i close the card",
        "They are yours for another ninety days and can be spent in any of our shops.",
        "We would be sad to see you go.",
    ),
    (
        "Is there parking for disabled visitors near the entrance?",
        "There are four bays beside the main door, free with a badge.",
        "Opening times may vary on public holidays.",
    ),
    (
        "The photo book arrived with two blank pages. What now?",
        "We will print it again at no cost, and it leaves us on Friday; keep the first one.",
        "Photo books make perfect gifts.",
    ),
    (
        "Which of the two mattresses is better for a bad back?",
        "The firmer one: it gives less at the hip, which most people with back pain find easier.",
        "Sleep is important for your health.",
    ),
    (
        "Did you get the form I posted last week?",
        "It came on Thursday, and everything that we need is in it.",
        "Please allow up to 28 days for processing.",
    ),
    (
        "why is my internet slower at night",
        "Your street shares one line, which is full between eight and ten; from the 3rd you move to a wider one.",
        "Fibre is the fastest technology available.",
    ),
    (
        "Can the cake be made without nuts?",
        "It can, though it is baked in a kitchen where nuts are used.",
        "Order by Thursday for the weekend.",
    ),
    (
        "Am I insured to drive my sister's car while mine is mended?",
        "Not by this policy; I can add her car for the five days for eleven pounds.",
        "Drive safely this winter.",
    ),
)
