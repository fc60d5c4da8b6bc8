"""A note: a fact a reader must hear, under a short stable code."""

from __future__ import annotations

from dataclasses import dataclass

from forecaster.errors import InputError

EXPLANATIONS: dict[str, str] = {
    "columns-read": "A header was taken for a standard column because its name is a usual one. Had it "
    "meant something else (tokens per step, say, or parameters without embeddings), "
    "every forecast would be off by that factor. Look at the pairs named, and say "
    "--columns N=HEADER where one is wrong.",
    "rows-left-out": "Only the rows that --where keeps were read and checked. A forecast holds for "
    "runs like those kept, and choosing rows by their loss biases it. Choose by how "
    "the runs were made, not by how they came out.",
    "C-computed": "The table gives no training compute, so C was taken as 6*N*D FLOP, the usual "
    "count for a dense transformer. It orders the runs and measures how far a "
    "forecast reaches; a constant factor changes little, but a factor that grows with "
    "size does. Add a column C where attention, experts or recomputation make the "
    "count differ.",
    "D-computed": "The table gives N and C but no tokens, so D was taken as C/(6*N). If C was "
    "counted in another way, the error goes into D and from there into the exponent "
    "of data. Add the column of tokens where it is known.",
    "N-computed": "The table gives D and C but no parameters, so N was taken as C/(6*D). If C was "
    "counted in another way, the error goes into N and from there into the exponent "
    "of size. Add the column of parameters where it is known.",
    "C-not-6ND": "The compute given is not 6*N*D, so the two rules would place the same run at "
    "different distances. A point asked for as N and D alone would be put at 6*N*D, "
    "off the table's own scale. Give C=... with each point, counted as the table "
    "counts it, or leave the column out so that 6*N*D is used throughout.",
    "N-counting": "The table has more than one count of parameters, with and without embeddings. In "
    "small models embeddings are a large share, so the choice moves the exponent of "
    "size and the forecast with it. Ask for points counted in the same way as the "
    "column read as N, or choose the other by --columns.",
    "duplicates": "Several runs have the same inputs. Where their losses differ, the spread is a "
    "direct measure of noise between runs that no law can explain away; where they "
    "are equal, a row was probably copied and counts twice, which makes a range too "
    "narrow. Keep repeats with other seeds; remove copies.",
    "few-runs": "There are fewer than 8 runs. A law of five parameters then fits almost anything, "
    "and the range would show what was assumed rather than what was measured, so no "
    "forecast is made. Add runs, small ones included, or look at what is assumed "
    "before any data with the prior command.",
    "few-scales": "There are fewer than three distinct scales. Two scales fix a slope but say "
    "nothing on how it bends, and the bend is what a forecast extrapolates; none is "
    "made. Add runs at a third scale, best well below the smallest.",
    "few-for-weights": "There are fewer than 15 runs. Hiding the largest ones to see which law "
    "extrapolates would leave too few to fit, so the laws get equal weights and this "
    "table has no track record of its own. The range is then somewhat wider than it "
    "need be. More runs at small scale are the cheapest remedy.",
    "narrow-span": "The runs span less than a factor of ten in scale. Over so short a stretch "
    "different laws look alike, yet part quickly beyond it. Expect a wide range; add "
    "runs far smaller than the smallest, which cost least.",
    "narrow-N": "The number of parameters hardly varies. Its exponent is then left to the "
    "assumptions, and a forecast at another size rests on them. Add runs at a smaller "
    "and a larger size with the same tokens.",
    "narrow-D": "The number of tokens hardly varies. The exponent of data is then left to the "
    "assumptions, and a forecast at another length rests on them. Add shorter runs of "
    "the same models, each with its own learning-rate schedule.",
    "not-separable": "Parameters and tokens grow in step, as when every run has 20 tokens for each "
    "parameter. The table then shows their joint effect but not which one causes it: "
    "a forecast along the same line is sound, one off it, and any advice on the best "
    "split, is not. One or two runs off the line, at the size named, tell them apart.",
    "lone-value": "One run has an input more than ten times beyond all others. Often its unit is "
    "wrong: thousands for millions, or millions for billions. If it is right, that "
    "run alone decides the slope. Check the row against its source.",
    "outliers": "Some runs lie far from a smooth surface through the others, by more than five "
    "robust standard deviations and one per cent. They may be misprints, diverged "
    "runs, or true departures where the law bends. They are kept: the noise has heavy "
    "tails, so a few hardly move a forecast, except at the top of the range. Check "
    "them against their source, and leave one out only for a reason other than its "
    "value.",
    "response-not-loss": "The response does not look like a language model's loss in nats. The widening "
    "beyond the data was learned from such losses, and the laws expect a positive "
    "quantity that falls towards a floor. Give the loss itself (the logarithm of a "
    "perplexity), or read the ranges as less well tested.",
    "response-not-positive": "Some responses are zero or negative, so their logarithm does not exist. The usual laws "
    "take the noise on the log of the response and refuse such a table. If it is a loss, those cells are wrong: "
    'look them up. If it is a response of either sign, name a law whose page says link = "own" under [response].',
    "mixed-families": "The runs come from several families (other data, tokenizers or recipes) and are "
    "fitted as one. Differences between families then pass for noise, or for an "
    "effect of scale where one family holds the large runs. Forecast one family with "
    "--where, or take the range as that of a run of an unknown family among them.",
    "family-asked": "Runs are grouped into families, each with a level of its own around a common one. A family with "
    "runs in the table is forecast at its level; a new one could lie anywhere that families have been seen to lie, "
    "so its range is wider. Name the family with --family, or ask for a new one by leaving that out.",
    "ridge": "Two sampled parameters of a law move together: raising one and lowering the other leaves the response "
    "where it is, most often because a coefficient is stated at inputs of 1, many e-folds from any run. The sampler "
    "then needs more steps, and along a bent ridge it may fail its checks; the forecast itself is the same. Put the "
    "lines named in place of the old ones on the law's page: the parameter is then sampled by its value at the table's "
    "centre, under a prior of the same meaning.",
    "loss-one-value": "Every run has the same loss, so there is no trend to extrapolate. Most likely "
    "another column was meant; name it by --columns loss=HEADER.",
    "rises-with-scale": "The response grows with scale, where a loss falls. Either it is a score, for "
    "which the laws do not hold, or larger runs were trained worse, on repeated data "
    "for instance. Choose the right column, or leave out the runs that differ in "
    "kind.",
    "law-dropped": "The draws of one law did not pass the convergence checks, so it does not speak and the "
    "others share its weight. The range then misses what that law would have said, and may be too "
    "narrow. Follow the remedy in the remark, mostly a narrower prior or runs that tell the named "
    "parameter apart.",
    "other-response": "How far laws miss beyond their data was learned on language models' losses over compute. For "
    "another response, a table of N or D alone, or noise on another scale, the drift has no direction and is wider, by "
    "less evidence or by judgement. If the response is such a loss, rename the column; if not, trust the range less "
    "the farther it reaches.",
    "no-optimum": "For a budget given as C alone the split of least loss is looked for, within ten times the "
    "span of the runs. In some draws the loss still falls at the end of that stretch, so the end was "
    "taken: the table does not say where the optimum lies. Give N and D, or add runs of one budget "
    "with several splits.",
    "beyond-studied": "The point is more than a thousand times the largest run. How far laws miss was "
    "measured up to that distance, and the allowance for it stops growing there, so the range is "
    "probably too narrow. Ask for a nearer point, or add larger runs first.",
    "split-outside": "The point has far more or far fewer tokens per parameter than any run. The allowance "
    "for drift beyond the data knows compute only and gives nothing for an unusual split, so the range is "
    "probably too narrow. Add a run or two at that ratio, small ones if need be.",
    "C-rule-differs": "The compute of the point is not counted as the table counts it. The point then stands "
    "nearer or farther than it is, which moves its noise and its allowance for drift. Give C=... with "
    "the point, by the rule behind the table's column C.",
    "winners-differ": "Leave-one-out asks which law best fills gaps among the runs at hand; extrapolation asks which "
    "one foretold larger runs from smaller. Here they name different laws, and neither measure calls the two a "
    "near-tie. A law that bends to every detail of the table may go astray beyond it. For a point beyond the "
    "largest run go by extrapolation, and look at what each law forecasts there.",
    "pareto-k": "Leave-one-out is computed from the one fit to all runs by weighting its draws. At the runs named, a "
    "few draws carry most of the weight, so what the law would say without such a run is not known, and its elpd "
    "is probably too high. Often the run is an outlier or stands alone at an end of the table. Check it against "
    "its source, or fit without it and compare.",
    "prior-misses-data": "Fewer than 80% of the table's runs lie inside the 90% range that the priors alone "
    "give at their inputs. Either the priors exclude what was measured, or a cell, a unit or a column "
    "is wrong. Look at the runs named; if they are right, widen the prior with --prior.",
    "prior-without-response": "Some draws from the priors give the law no finite response above zero, "
    "because a power overflows or a sum falls below zero. The ranges leave them out, while a fit would "
    "have to step around them. Narrow the prior of an exponent, or keep every term above zero.",
    "split-laws": "The default mixture holds a law whose forecasts are good and whose compute-optimal split is not: on "
    "published isoFLOP runs its best N came out a third too small. It keeps its weight in the loss and has none in the "
    "split. Laws that are named by --law all speak of both.",
    "split-laws-differ": "The laws put the compute-optimal N more than a factor of two apart. The pooled range covers "
    "both humps, and its median may be a size that no law favours. Look at each law's own range; a few runs of one "
    "large budget at several splits would settle it.",
    "lifetime-edge": "So many inference tokens are asked for that, in some draws, an ever smaller model trained ever "
    "longer keeps getting cheaper, as far as was searched. The runs say little about such models. Add runs with many "
    "more tokens per parameter, or lower the number of tokens.",
    "target-unreachable": "In some draws the law's floor lies above the target, so that no compute is enough. They "
    "count as never: the range of the compute has no upper end where they fill its tail. Give a target that more "
    "draws reach, or add larger runs, which is what pins the floor down.",
    "target-held-off": "In some draws the law's curve gets to the target, but the change beyond the data or the "
    "scatter of a single run keeps the run above it. They count as never in the range of the compute, for the "
    "range is of what a run takes and not of what the curve promises.",
    "target-met": "The target lies inside what the table already shows, so the answer is an interpolation and says "
    "what a run on the path would take. Look for runs of the table that met it, and how they were trained.",
    "target-never": "Under one of the laws no draw meets the target, so all of its weight counts as never. Whether it "
    "can be met then depends on which law is right, and the weights say how much each is believed. Compare the laws.",
}


@dataclass(frozen=True)
class Note:
    """A coded remark about a table, a fit or a forecast.

    Args:
        code: short and stable, such as `C-computed`; scripts may match on it.
        text: one sentence with the figures of this case.
        warning: whether it should make a reader hesitate, or only informs.
    """

    code: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    def as_dict(self) -> dict[str, str]:
        """JSON-ready: code and text."""
        return {"code": self.code, "text": self.text}


def explain(code: str) -> str:
    """What a note's code means, why it matters to a forecast, and what to do: one paragraph.

    Raises:
        InputError: there is no such code; the message lists those there are.
    """
    if code not in EXPLANATIONS:
        raise InputError(f"there is no note {code[:40]}; the codes are {', '.join(sorted(EXPLANATIONS))}")
    return EXPLANATIONS[code]
