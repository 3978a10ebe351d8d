/** The page's script: publishes the programs for the tests to call. */
import { learnVectors, trainAndTranslate } from "./program.ts";

Object.assign(globalThis, { learnVectors, trainAndTranslate });
