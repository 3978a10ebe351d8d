/** The angles that encode positions, the same bits in every engine. */
import { exponential, naturalLog } from "../../base/elementary.ts";

/**
 * `(offset + t) base^(-2i/width)` less whole turns, within -pi..pi, for t < positions and i < width/2: the angles of
 * sinusoidal (Vaswani et al. 2017, section 3.5) and of rotary positions (Su et al. 2021, eq. 15).
 *
 * @returns `[positions, ceil(width / 2)]`, row-major
 */
export function positionAngles(positions: number, width: number, offset: number, base: number): Float64Array {
  const pairs = Math.ceil(width / 2);
  const logBase = naturalLog(base);
  const turn = 2 * Math.PI;
  const angles = new Float64Array(positions * pairs);
  for (let i = 0; i < pairs; i++) {
    const frequency = exponential((-2 * i * logBase) / width);
    for (let t = 0; t < positions; t++) {
      const angle = (offset + t) * frequency;
      angles[t * pairs + i] = angle - turn * Math.round(angle / turn);
    }
  }
  return angles;
}
