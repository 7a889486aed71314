/** Lets a person choose a text file of some kinds (as the `accept` of an input names them), and hands it over. */
export function chooseFile(accept: string, take: (text: string) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept;
  input.addEventListener('change', () => void input.files?.[0]?.text().then(take));
  input.click();
}
