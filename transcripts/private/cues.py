"""Which words say what the next number is?

A cue is a phrase that names a kind (`the long number across the front`, `sort code`), or one that names a number which is
nobody's secret (`order number`, `the last four digits`). The nearest cue before a number decides; where two overlap, the
longer.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from transcripts.private.spoken import Token


class Cue(StrEnum):
    """What a phrase announces; finer than the kinds, for each of these has a shape of its own."""

    CARD = "card"
    CARD_CODE = "card code"
    EXPIRY = "expiry"
    SORT_CODE = "sort code"
    ACCOUNT = "account"
    ROUTING = "routing"
    IBAN = "iban"
    IDENTIFIER = "identifier"
    BIRTH = "birth"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    ZIP = "zip"
    SECRET = "secret"
    CODE = "code"
    NEUTRAL = "neutral"


_BACK = r"(?:back|reverse|other side|signature(?: strip)?|strip)"
_DIGITS = r"(?:digits?|numbers?)"

_PHRASES: tuple[tuple[Cue, str], ...] = (
    (
        Cue.CARD,
        rf"(?:long|full|whole|sixteen digit|16 digit|main) (?:card )?{_DIGITS}|(?:sixteen|16) {_DIGITS}|"
        r"card(?:'s)? (?:numbers?|details|digits)|(?:numbers?|digits)(?: \w+){0,3}(?: (?:on|off|from|of|"
        r"across))(?: \w+){0,4} "
        r"card|(?:debit|credit|bank) card|visa|master ?card|amex|american express|maestro|which card|(?:from|on|by|with|"
        r"to) "
        r"(?:my|the|that|a|this|your) card|from card|across the front",
    ),
    (
        Cue.CARD_CODE,
        rf"security (?:code|number|digits)|c ?v ?[vc](?: ?2)?|(?:last )?(?:three|3|four|4|little|short|small)(?: \w+)? "
        rf"(?:{_DIGITS}|code)(?: (?:are )?(?:on|from|off|at))(?: the)?(?: \w+)? {_BACK}(?: of(?: \w+){{1,3}})?|"
        rf"(?:code|{_DIGITS})(?: \w+)? on the {_BACK}|(?:three|3|last)(?: \w+)? {_DIGITS} on the {_BACK}|signature strip|"
        r"card verification(?: \w+)?|verification (?:value|number)",
    ),
    (
        Cue.EXPIRY,
        r"expir(?:y|es?|ation|ing)(?: date)?|valid (?:until|through|thru|to)|good through|run(?:s)? out|end date",
    ),
    (Cue.SORT_CODE, r"sort(?:ing)? codes?"),
    (
        Cue.ACCOUNT,
        r"(?:bank )?account (?:number|no)|bank account|(?:checking|savings|current) account|direct debit|"
        r"refund it to my bank|"
        r"(?<=and )account(?= (?:\d|one|two|three|four|five|six|seven|eight|nine|zero|oh|nought|double|treble))",
    ),
    (Cue.ROUTING, r"routing (?:number|code)?|a ?b ?a number"),
    (Cue.IBAN, r"i ?ban(?: number)?|swift"),
    (
        Cue.IDENTIFIER,
        r"national insurance(?: \w+)?|n\.? ?i\.? number|(?:(?:your|the|my|full) )?social security(?: number)?|(?:your|"
        r"the|my|full) social(?! media)|ssn|"
        r"nhs number|passport(?: number)?|number (?:on|in) (?:your|my|the) (?:passport|driving licence|driver'?s license)|"
        r"(?:driving|driver'?s?) (?:licen[cs]e)(?: number)?|tax(?:payer)? (?:reference|file|identification) number|"
        r"national id(?:entity)?(?: \w+)?|identity card(?: number)?|social insurance(?: number)?|medicare number",
    ),
    (
        Cue.BIRTH,
        r"date of (?:(?:your|his|her|their|the) )?birth|d\.? ?o\.? ?b\.?|birth ?date|born|"
        r"birthday(?! (?:present|party|gift|cake|card|treat))|when were you born|year of birth",
    ),
    (Cue.EMAIL, r"e-? ?mail(?: address)?"),
    (
        Cue.PHONE,
        r"(?:phone|telephone|mobile|cell|landline|contact|daytime|home|work|call ?back)(?: phone)? (?:number|no)|"
        r"(?:my|your|a|the) (?:mobile|cell|landline|phone)|(?:call|ring|reach|text|phone|get) (?:me|you|"
        r"us)(?: \w+)? (?:on|at)|"
        r"number to (?:reach|call|ring|contact)|call(?:ing)? (?:me )?back on|text it to|landline|i'm on(?= \S+)|"
        r"number (?:you're|i'm|you are|i am) calling from",
    ),
    (
        Cue.ADDRESS,
        r"(?:home |billing |delivery |shipping |postal |full |your |my |the |what |new )*address|i live (?:at|in|on)|"
        r"(?:we|i|i've|we've|i'm|we're)(?: \w+)? (?:moved|moving|living) (?:to|at|in)|"
        r"first line(?: of)?|house number|where do you live|"
        r"deliver(?:ed)? (?:it |that )?to|come to|over at|still at|post ?codes?",
    ),
    (Cue.ZIP, r"zip(?: code)?"),
    (
        Cue.SECRET,
        r"pass ?words?|pass ?phrase|memorable (?:word|place|name|date|information)|maiden name|security (?:word|answer)|"
        r"(?:name of your|your) first (?:pet|school|car|teacher)|favou?rite (?:teacher|pet|colou?r|film|place)",
    ),
    (
        Cue.CODE,
        r"pin(?: number| code)?|pass ?code|one[- ]time (?:pass ?)?(?:code|password|pin)|"
        r"(?:verification|authentication|access) code|"
        r"code (?:we|i|you)(?:'ve)?(?: just)? (?:sent|texted)(?: (?:me|you|to))?|(?:answering|voice ?mail) code",
    ),
    (
        Cue.NEUTRAL,
        r"(?:order|reference|booking|tracking|ticket|claim|policy|invoice|serial|model|meter|confirmation|case|job|part|"
        r"quote|"
        r"parcel|delivery|customer|membership|extension|flight|bus|route|batch|complaint|incident|employee|staff|badge|"
        r"loyalty|"
        r"voucher|gift card|promo|discount|product|item|catalogue|barcode|room|gate|train|receipt)"
        r"(?: (?:reference|number|no|code|id|card))*|reference|ref|ticket|serial|model|"
        rf"(?:last|first|final|end) (?:two|three|four|five|six|2|3|4|5|6)(?: \w+)? (?:{_DIGITS}|letters|characters)"
        r"(?: (?:of|in|on|from)(?: the| your| my| you're)?(?! back| reverse| strip| signature)(?: \w+){1,3}?(?: number)?)?|"
        r"(?:the )?end of(?: the| your| my| you're)?(?: \w+){1,3} number|ending (?:of|in|with)|"
        r"(?:full |first |your |last )*(?:sur)?names?(?: in full)?|card ending(?: in)?|it ends|ends (?:in|with)|"
        r"meter(?: \w+)?|reading|"
        r"reads?|balance|cost[s]?|price|paid|pay(?:ing)? (?:you|for)|charged|pounds|dollars|percent|minutes|appointment|"
        r"page|press|version|size|channel|megabits",
    ),
)

_PATTERNS = tuple((cue, re.compile(rf"(?<![\w'])(?:{phrase})(?![\w'])")) for cue, phrase in _PHRASES)


@dataclass(frozen=True)
class Found:
    """A cue in the conversation: the places of its first word and after its last, among all tokens."""

    cue: Cue
    first: int
    after: int


def cues(tokens: Sequence[Token]) -> list[Found]:
    """The cues of one turn in order, none within another; places are counted from the first of these tokens."""
    text = " ".join(token.core or "[]" for token in tokens)
    starts = [0]
    for token in tokens[:-1]:
        starts.append(starts[-1] + len(token.core or "[]") + 1)
    found = [
        Found(cue, bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1))
        for cue, pattern in _PATTERNS
        for match in pattern.finditer(text)
    ]
    found.sort(key=lambda one: (-(one.after - one.first), _PRIORITY[one.cue]))
    kept: list[Found] = []
    for one in found:
        if all(one.after <= other.first or other.after <= one.first for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.first)


_PRIORITY = {cue: place for place, cue in enumerate(Cue)}
