"""A scorecard that uses every way of answering and everything that hangs on an answer; all of it invented."""

EVERYTHING = """\
id: repairs
version: 3
title: Repairs
description: Calls about broken things.
pass_mark: 75
bands:
  - {from: 90, name: Excellent}
  - {from: 75, name: Good}
  - {from: 40.5, name: To practise}
sections:
  - id: talk
    title: The talk
    criteria:
      - id: complained
        question: Did the customer complain?
        weight: 2
        kind: says.v1
        with: {speaker: customer, phrases: ["not good enough"]}
        answers: {met: 1, partly: 0.5, not_met: -0.25}
      - id: tone
        question: How warm was the agent?
        weight: 4
        kind: says.v1
        with: {phrases: ["I'm sorry"]}
        answers:
          type: scale
          options:
            - {value: 1, label: Cold, points: -0.5, stands_for: not_met}
            - {value: 2, points: 0.25}
            - {value: 3, label: Warm, points: 1, stands_for: met}
        comment_required: [1, not_applicable]
      - id: remedy
        question: What was offered?
        kind: by_hand.v1
        asked_when: {criterion: complained, is: [met, partly]}
        fails: section
        answers:
          type: choice
          options:
            - {value: money_back, points: 1}
            - {value: voucher, label: A voucher, points: 0.6}
            - {value: nothing, points: 0}
        comment_required: [nothing]
        tip: Offer something of use.
      - id: remedy_suits
        question: Did the offer suit the customer?
        kind: by_hand.v1
        asked_when: {criterion: remedy, is: [money_back, voucher]}
  - id: form
    title: The form
    criteria:
      - id: said
        question: Which of these were said?
        kind: by_hand.v1
        answers:
          type: several
          at_most: 0.9
          options:
            - {value: name, points: 0.3}
            - {value: number, points: 0.6}
            - {value: price, points: 0.5}
            - {value: slang, points: -0.5}
      - id: length
        question: How long did it take?
        kind: measured.v1
        with: {measure: duration_seconds, met: [0, 60]}
        answers:
          type: number
          unit: seconds
          steps:
            - {up_to: 10, points: 1}
            - {up_to: 20.5, points: 0.5}
            - {points: -1}
        target: 0.8
      - id: thanks
        question: Did the agent thank the customer for their patience?
        bonus: true
        kind: says.v1
        with: {phrases: ["thank you for your patience"]}
        applies_when: {kind: says.v1, with: {phrases: ["hold"]}}
"""
