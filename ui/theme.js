// Runs before the first paint, so that a chosen theme never flashes. A plain script: modules run too late.
{
  const theme = localStorage.getItem('theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}
