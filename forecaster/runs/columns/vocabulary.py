"""The words of headers: those that name a standard column, leave it what it is, or make another thing of it."""

from __future__ import annotations

import re


def plain(header: str) -> str:
    """A header as it is compared: in lower case, letters and digits only."""
    return re.sub(r"[\W_]", "", header.lower())


def word_set(text: str) -> frozenset[str]:
    """The words of a text with blanks between them."""
    return frozenset(text.split())


# A training loss is not taken for the
# response unasked: beside a validation loss it is the wrong one, and alone it deserves to be named.
ALIASES = {
    "N": "n params param parameters parameter nparams nparam nparameters numparams numparameters "
    "paramcount parametercount modelsize modelparams modelparameters totalparams",
    "D": "d tokens ntokens numtokens traintokens trainingtokens tokensseen tokenstrained totaltokens",
    "C": "c flops flop compute trainflops trainflop trainingflops trainingflop trainingcompute "
    "traincompute computeflops computeflop totalflops totalcompute",
    "U": "u uniquetokens nuniquetokens numuniquetokens",
    "loss": "loss valloss validationloss evalloss testloss heldoutloss finalloss finalvalloss "
    "nll negativeloglikelihood crossentropy crossentropyloss xent",
    "loss_se": "lossse lossstderr lossstandarderror vallossse vallossstderr stderrloss seloss",
    "family": "family modelfamily",
    "date": "date releasedate publicationdate",
}

EVALUATION = word_set("val valid validation eval evaluation test dev heldout held out")

TRAINING = word_set("train training trained trainer tr")


NEUTRAL = word_set(
    "n num number nb count counts cnt total tot overall all of the in for on model config summary cfg hparams args run "
    "runs metrics stats info history final last cum cumulative used approx approximate estimated estimate est"
)

# Any of these makes a header another thing: a rate, a share, a setting, a remark.
BARS = word_set(
    "per second seconds sec secs s ms minute minutes hour hours day days rate throughput speed batch bs microbatch "
    "minibatch context ctx seq sequence length len vocab lr learning time runtime price cost usd eur gpu gpus device "
    "devices tpu mfu hfu note notes id ids hash name url method source layer layers head heads hidden step steps iter "
    "iters iteration iterations ratio fraction frac percent pct share multiplier utilization utilisation peak lm wte "
    "wpe unembedding unembed loss accuracy acc score error link type kind unit units max min label "
    "bytes dtype bits precision rank lora adapter forward fwd backward bwd inference output prompt completion "
    "generated optimal citation confidence"
)

DAYS = word_set("day days")

WITH = word_set("with including incl")

NO = word_set("non no not without excluding excl exclude wo ex")

EMBEDDING = word_set("emb embs embed embedding embeddings embd")

PARAMETERS = word_set("param params parameter parameters")

TOKENS = word_set("token tokens tok toks")

FLOPS = word_set("flop flops flos")

COMPUTE = FLOPS | {"compute"}

UNIQUE = word_set("unique distinct dedup deduped deduplicated")

DATA = word_set("dataset data corpus")

EXAMPLES = word_set("sample samples example examples image images sequences document documents datapoints pairs")

SEEN = word_set("seen processed consumed")

RESPONSES = word_set("loss nll xent bpb bpc")

LOSSES = RESPONSES | word_set("entropy likelihood")

MAY_STAND = {
    "N": PARAMETERS | EMBEDDING | NO | WITH | word_set("size trainable active activated"),
    "D": TOKENS | EXAMPLES | SEEN | DATA | TRAINING | word_set(
        "pretrain pretraining pretrained budget size input text so far d"
    ),
    "C": COMPUTE | TRAINING | word_set("pretrain pretraining pretrained budget spent iso isoflop isoflops c"),
    "U": TOKENS | UNIQUE | DATA | TRAINING | {"size"},
    "loss": LOSSES | EVALUATION | word_set(
        "mean avg average lm ce cross bits bit per byte token tokens nats nat neg negative log best end"
    ),
}  # fmt: skip
"""Words that leave a header what it is."""

NO_RESPONSE = word_set(
    "se std stderr sd var ci err error errors lo hi low high lower upper aux auxiliary z zloss balance balancing "
    "router routing reg regularization regularisation kl policy value reward scale scaler weight weights coef "
    "coefficient "
    "spike spikes delta diff gap improvement ratio slope unit units type fn func function name split curve smooth "
    "smoothed ema step time predicted prediction pred fit fitted residual target mask masked decay grad gradient "
    "second sec seconds count n num threshold patience weighting id scaling"
)

# Parts of words that were run together, such as "numparams" and "evalloss".
PARTS = tuple(sorted(
    NEUTRAL | TRAINING | EVALUATION | PARAMETERS | TOKENS | COMPUTE | LOSSES | EMBEDDING
    | word_set("non unique size dataset budget seen active iso cross lm ce"), key=len, reverse=True,
))  # fmt: skip
