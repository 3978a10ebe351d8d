import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { interruptible } from "../../src/cli/interrupt.ts";

afterEach(() => {
  vi.useRealTimers();
});

function surroundings() {
  const signals = new EventEmitter();
  const stream = () => new PassThrough();
  return { signals, io: { stdin: stream(), stdout: stream(), stderr: stream(), signals } };
}

const listeners = (signals: EventEmitter) =>
  signals.listenerCount("SIGINT") + signals.listenerCount("SIGTERM");

test("work that nothing interrupts gives its result and status 0", async () => {
  const { io, signals } = surroundings();
  const ended = await interruptible(io, async (signal) => {
    expect(listeners(signals)).toBe(2);
    return signal.aborted;
  });
  expect(ended).toEqual({ result: false, status: 0 });
  expect(listeners(signals)).toBe(0);
});

test("the first signal aborts; a second later signals are the system's again", async () => {
  vi.useFakeTimers();
  const { io, signals } = surroundings();
  const { result, status } = await interruptible(io, async (signal) => {
    signals.emit("SIGTERM", "SIGTERM");
    signals.emit("SIGINT", "SIGINT");
    expect(signal.aborted).toBe(true);
    vi.advanceTimersByTime(999);
    expect(listeners(signals)).toBe(2);
    vi.advanceTimersByTime(1);
    return listeners(signals);
  });
  expect({ result, status }).toEqual({ result: 0, status: 143 });
  expect(String(io.stderr.read())).toBe("SIGTERM: finishing the step and saving. Once more stops at once.\n");
});

test("failed work leaves no listener", async () => {
  const { io, signals } = surroundings();
  await expect(interruptible(io, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(listeners(signals)).toBe(0);
});
