/** Where Kindred's document differs from Kinde's on purpose: the key of the deviation, as `npm run conformance`
 *  prints it, and the reason. Every deviation needs one, and a reason whose deviation is gone must go too. */
export const deviations: Record<string, string> = {}
