// A page whose figures are still being worked out: it is asked for again until they are there.

setTimeout(() => location.replace(location.href), 700);
