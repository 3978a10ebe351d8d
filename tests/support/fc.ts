/** How many cases each property test runs: 200 unless FC_RUNS says otherwise. */
export const runs = { numRuns: Number(process.env.FC_RUNS ?? 200) };
