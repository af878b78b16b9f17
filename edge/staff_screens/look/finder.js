// The finder's sound: the nearer, the faster and higher. It begins with a touch, as browsers want it.
(() => {
  let audio = null;
  let level = 0;
  let timer = 0;
  const beep = () => {
    if (!audio || level <= 0) return;
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = 500 + 10 * level;
    loud.gain.setValueAtTime(0.2, audio.currentTime);
    loud.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.08);
    tone.connect(loud).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.09);
  };
  const again = () => {
    beep();
    timer = setTimeout(again, level > 0 ? 1000 - 9 * level : 400);
  };
  document.addEventListener("pointerdown", () => {
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!audio && Audio) audio = new Audio();
    audio?.resume();
  }, true);
  window.finder = {
    start() { clearTimeout(timer); level = 0; again(); },
    stop() { clearTimeout(timer); level = 0; },
    level(value) { level = value; },
  };
})();
