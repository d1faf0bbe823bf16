"""The model card: what a bot was made from, how good it is, and what it cannot do."""

from __future__ import annotations

from dialog_s2s.config import Config
from dialog_s2s.training.calibration import Fitted
from dialog_s2s.training.corpus import Survey
from dialog_s2s.training.loop import Outcome


def model_card(
    config: Config,
    survey: Survey,
    pieces: int,
    held_out_pairs: int,
    parameters: int,
    outcome: Outcome,
    calibrated: Fitted | None,
) -> str:
    """Markdown for people; nothing in it is read back. `pieces` are those of the vocabulary.

    No time or date is in it: the same run makes the same bundle to the byte.
    """
    model, training = config.model, config.training
    if outcome.held_out is None:
        score = "not measured: no pair could be spared."
    else:
        score = (
            f"{outcome.held_out:.3f} nats per piece on {held_out_pairs:,} pairs kept out of "
            f"training (update {outcome.best_update:,}, whose weights these are)."
        )
    ended = "stopped early by hand" if outcome.interrupted else "ran to its end"
    turns = config.text.history_turns
    context = f"the last {turns} turns before a question" if turns else "the question alone"
    sure = "It has no answer memory, and answers whatever it is asked."
    if calibrated is not None and calibrated.inherited:
        sure = (
            f"Below a confidence of {calibrated.confidence.threshold:.3f} it says that it does not "
            "know. That was fitted to the bot that this one was fine-tuned from, without the new "
            "pairs; its coverage-accuracy curve is in `memory.json`."
        )
    elif calibrated is not None:
        confidence = calibrated.confidence
        sure = (
            f"Below a confidence of {confidence.threshold:.3f} it says that it does not know. "
            f"Asked what was kept out of training it answers {calibrated.answered:.0%}; with as "
            "many questions among them that nobody taught it, "
            f"{calibrated.precision:.0%} of its answers are right. Expected calibration error "
            f"{confidence.error or 0.0:.3f}. The coverage-accuracy curve is in `memory.json`."
        )
    return f"""# A dialog_s2s bot

Trained from scratch on question-answer pairs; it knows nothing else.

| | |
|---|---|
| pairs | {survey.pairs:,} ({survey.questions:,} questions, {survey.replies:,} replies) |
| core | {model.core}, attention {model.attention}, {parameters:,} parameters |
| vocabulary | {pieces:,} pieces |
| reads | {context} |
| training | {outcome.updates:,} updates; {ended} |
| seed | {training.seed} |

Held-out loss: {score}

{sure}

## Limits
- It can say only what its pairs taught it, and can mix them up: check replies that matter.
- It has no facts beyond its corpus, no clock, no internet. Its confidence is an estimate.
- What it was taught while chatting is in `memory.db`, beside the pairs it was trained on.
- What it was trained on may be read back out of it: share it as you would share the pairs.

Settings are in `config.yaml`; give that file to `dialog-s2s train --config` to train alike.
"""
