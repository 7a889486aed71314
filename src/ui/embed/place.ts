const asked = new URLSearchParams(location.search);

/** Whether the page is a small picture in another page: nothing of it is kept, and nothing kept is shown. */
export const isEmbedded = asked.has('embed');

/** The lesson that the address asks for, and the beat of it, from 1. */
export const askedLesson = asked.get('scenario') ?? undefined;
export const askedStep = asked.get('step') ?? undefined;
