/** The page's script: publishes the program for the test to call. */
import { trainAndTranslate } from "./program.ts";

Object.assign(globalThis, { trainAndTranslate });
