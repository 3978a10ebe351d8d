/** The report of a run. */
import { type LogRecord, type ReportSample, renderReport } from "../plot/report.ts";
import type { Progress } from "./progress.ts";
import type { TaskSample, TrainingTask } from "./task.ts";

/** report.html of a run so far. */
export function trainingReport(
  task: TrainingTask<unknown>,
  config: Readonly<Record<string, unknown>>,
  progress: Progress,
  records: readonly LogRecord[],
): string {
  const { best, updateSeconds, tokens } = progress;
  const summary: [string, string | number][] = [["steps", progress.step]];
  if (best !== null) {
    const { average } = best;
    summary.push(average === undefined ? ["best at step", best.step] : ["best", `average of ${average}`]);
    summary.push(["validation loss", best.loss]);
    summary.push(["validation perplexity", best.perplexity]);
    if (best.bleu !== undefined) summary.push(["BLEU", best.bleu]);
  }
  if (updateSeconds > 0) summary.push(["tokens per second", tokens / updateSeconds]);
  if (progress.skipped > 0) summary.push(["skipped steps", progress.skipped]);
  const samples = (task.samples?.() ?? []).map(reportSample);
  return renderReport({ title: "Training report", config, summary, records, samples });
}

function reportSample({
  source,
  text,
  reference,
  sourceTokens,
  tokens,
  attention,
  heads,
}: TaskSample): ReportSample {
  const shown = {
    ...(source === undefined ? {} : { source }),
    hypothesis: text,
    ...(reference === undefined ? {} : { reference }),
    ...(heads === undefined ? {} : { heads }),
  };
  if (!sourceTokens?.length || !tokens?.length || !attention?.length) return shown;
  return { ...shown, attention: { source: sourceTokens, target: tokens, weights: attention } };
}
