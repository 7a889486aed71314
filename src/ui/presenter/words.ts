/** What a beat will say, before its event has come: what that shows is left open. */
export const sketch = (sentence: string): string => sentence.replace(/\{\w+\}(\.(?=\s|$))?/g, '…');
