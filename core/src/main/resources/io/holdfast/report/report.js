// Draws the charts of a Holdfast report with d3 from the JSON in #report-data.
// Everywhere: a hollow mark is clean accuracy, a filled mark is accuracy under attack, a hue is a model.
(() => {
  'use strict';
  const report = JSON.parse(document.getElementById('report-data').textContent);
  const { models } = report;
  const percent = d3.format('.1%');
  const axisPercent = d3.format('.0%');
  const compact = (x) => String(+x.toPrecision(3));
  const rateText = (r) => `${percent(r.value)} (95% interval ${percent(r.ci95[0])} to ${percent(r.ci95[1])}, n = ${r.n})`;

  // While printing, charts are drawn for the width of an A4 page, or half of it, instead of the screen's.
  let printing = false;
  const PAGE = 690;
  const PAIR = 330;
  const widthOf = (host) => {
    if (printing) return host.closest('.pair') ? PAIR : PAGE;
    return Math.max(240, host.clientWidth || 640);
  };

  // ---- a frame: an svg as wide as its host, with margins ----
  function frame(host, height, margin, label) {
    const width = widthOf(host);
    const svg = d3.create('svg')
      .attr('viewBox', `0 0 ${width} ${height}`)
      .attr('role', 'img')
      .attr('aria-label', label);
    host.replaceChildren(svg.node());
    return {
      svg,
      left: margin.left, right: width - margin.right,
      top: margin.top, bottom: height - margin.bottom,
    };
  }

  const tip = (selection, text) => selection.append('title').text(text);

  function axisLeft(f, y, format, count = 5) {
    const g = f.svg.append('g').attr('aria-hidden', 'true');
    for (const t of y.ticks(count)) {
      g.append('line').attr('class', 'grid').attr('x1', f.left).attr('x2', f.right).attr('y1', y(t)).attr('y2', y(t));
      g.append('text').attr('x', f.left - 8).attr('y', y(t)).attr('dy', '.32em').attr('text-anchor', 'end').text(format(t));
    }
  }

  function axisBottom(f, x, format, title, grid = false, ticks = null) {
    const g = f.svg.append('g').attr('aria-hidden', 'true');
    const count = Math.max(2, Math.min(7, Math.floor((f.right - f.left) / 64)));
    for (const t of ticks || x.ticks(count)) {
      g.append('line').attr('class', grid ? 'grid' : 'axis')
        .attr('x1', x(t)).attr('x2', x(t)).attr('y1', grid ? f.top : f.bottom).attr('y2', f.bottom + (grid ? 0 : 4));
      g.append('text').attr('x', x(t)).attr('y', f.bottom + 18).attr('text-anchor', 'middle').text(format(t));
    }
    if (!grid) g.append('line').attr('class', 'axis').attr('x1', f.left).attr('x2', f.right).attr('y1', f.bottom).attr('y2', f.bottom);
    if (title) g.append('text').attr('x', (f.left + f.right) / 2).attr('y', f.bottom + 38).attr('text-anchor', 'middle').text(title);
  }

  const axisTitle = (f, text) => f.svg.append('text').attr('x', f.left - 8).attr('y', f.top - 12).attr('text-anchor', 'start').text(text);

  // Names at the ends of lines, pushed apart so that none covers another.
  function endLabels(f, labels) {
    labels.sort((a, b) => a.y - b.y);
    labels.forEach((l, i) => { l.at = i ? Math.max(l.y, labels[i - 1].at + 15) : l.y; });
    const excess = labels.length ? labels[labels.length - 1].at - f.bottom : 0;
    for (const l of labels) {
      f.svg.append('text').attr('class', `name halo ${l.css}`).attr('x', l.x + 9)
        .attr('y', l.at - Math.max(0, excess)).attr('dy', '.32em').text(l.text);
    }
  }

  const shorten = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
  const labelSpace = (names, most) => 14 + 6.6 * Math.min(most, d3.max(names, (n) => n.length) || 0);

  // ---- accuracy with intervals: one row per attack, one dot per model ----
  function outcomes(host) {
    const rows = report.rows;
    const band = 20 + 15 * models.length;
    const narrow = widthOf(host) < 520;
    const most = narrow ? 16 : 34;
    const f = frame(host, 8 + band * rows.length + 30,
      { left: labelSpace(rows.map((r) => r.label), most), right: 16, top: 8, bottom: 30 },
      'Accuracy of each model on clean images and under each attack, with 95% intervals');
    const x = d3.scaleLinear([0, 1], [f.left, f.right]);
    axisBottom(f, x, axisPercent, '', true);
    rows.forEach((row, i) => {
      const centre = f.top + band * (i + 0.5);
      if (i) f.svg.append('line').attr('class', 'grid').attr('x1', 0).attr('x2', f.right).attr('y1', f.top + band * i).attr('y2', f.top + band * i);
      f.svg.append('text').attr('class', 'strong').attr('x', 0).attr('y', centre).attr('dy', '.32em').text(shorten(row.label, most));
      row.rates.forEach((rate, m) => {
        if (!rate) return;
        const y = centre + 15 * (m - (models.length - 1) / 2);
        const g = f.svg.append('g').attr('class', models[m].css);
        g.append('line').attr('class', 'interval').attr('x1', x(rate.ci95[0])).attr('x2', x(rate.ci95[1])).attr('y1', y).attr('y2', y);
        tip(g.append('circle').attr('class', `mark ${row.clean ? 'clean' : 'robust'}`).attr('cx', x(rate.value)).attr('cy', y).attr('r', 4.5),
          `${models[m].name}, ${row.label}: ${rateText(rate)}`);
      });
    });
  }

  // ---- robust accuracy against epsilon ----
  function epsilon(host) {
    const drawn = models.filter((m) => m.curve.length);
    const names = drawn.map((m) => shorten(m.name, 14));
    const f = frame(host, 340, { left: 44, right: labelSpace(names, 14) + 6, top: 26, bottom: 46 },
      'Robust accuracy of each model as the attack grows stronger');
    const x = d3.scaleLinear([0, d3.max(drawn, (m) => d3.max(m.curve, (p) => p.epsilon))], [f.left, f.right]);
    const y = d3.scaleLinear([0, 1], [f.bottom, f.top]);
    axisLeft(f, y, axisPercent);
    axisBottom(f, x, compact, `epsilon (${report.norm})`);
    axisTitle(f, 'robust accuracy');
    if (report.epsilon !== null && report.epsilon <= x.domain()[1]) {
      f.svg.append('line').attr('class', 'guide').attr('x1', x(report.epsilon)).attr('x2', x(report.epsilon)).attr('y1', f.top).attr('y2', f.bottom);
      const late = x(report.epsilon) > (f.left + f.right) / 2;
      f.svg.append('text').attr('class', 'halo').attr('x', x(report.epsilon) + (late ? -6 : 6)).attr('y', f.top + 4)
        .attr('text-anchor', late ? 'end' : 'start').text(`threat model: ${compact(report.epsilon)}`);
    }
    const labels = [];
    for (const m of drawn) {
      const g = f.svg.append('g').attr('class', m.css);
      g.append('path').attr('class', 'band').attr('d',
        d3.area((p) => x(p.epsilon), (p) => y(p.rate.ci95[0]), (p) => y(p.rate.ci95[1]))(m.curve));
      g.append('path').attr('class', 'line').attr('d', d3.line((p) => x(p.epsilon), (p) => y(p.rate.value))(m.curve));
      for (const p of m.curve) {
        tip(g.append('circle').attr('class', `mark ${p.epsilon === 0 ? 'clean' : 'robust'}`).attr('cx', x(p.epsilon)).attr('cy', y(p.rate.value)).attr('r', 3.5),
          `${m.name}, epsilon ${compact(p.epsilon)}: ${rateText(p.rate)}`);
      }
      const last = m.curve[m.curve.length - 1];
      labels.push({ x: x(last.epsilon), y: y(last.rate.value), text: shorten(m.name, 14), css: m.css });
    }
    endLabels(f, labels);
  }

  // ---- per class: clean and under attack, joined; weakest first ----
  function classes(host) {
    const m = models[+host.dataset.model];
    const names = m.classes.map((c) => c.name);
    const f = frame(host, 8 + 25 * m.classes.length + 30, { left: labelSpace(names, 16), right: 14, top: 8, bottom: 30 },
      `Accuracy of each class of ${m.name}, clean and under attack, weakest first`);
    const x = d3.scaleLinear([0, 1], [f.left, f.right]);
    axisBottom(f, x, axisPercent, '', true);
    m.classes.forEach((c, i) => {
      const y = f.top + 25 * (i + 0.5);
      const g = f.svg.append('g').attr('class', m.css);
      g.append('text').attr('class', 'strong').attr('x', f.left - 10).attr('y', y).attr('dy', '.32em').attr('text-anchor', 'end').text(shorten(c.name, 16));
      g.append('line').attr('class', 'gap').attr('x1', x(c.robust.value)).attr('x2', x(c.clean.value)).attr('y1', y).attr('y2', y);
      tip(g.append('circle').attr('class', 'mark clean').attr('cx', x(c.clean.value)).attr('cy', y).attr('r', 4.5), `${c.name}, clean: ${rateText(c.clean)}`);
      tip(g.append('circle').attr('class', 'mark robust').attr('cx', x(c.robust.value)).attr('cy', y).attr('r', 4.5), `${c.name}, under attack: ${rateText(c.robust)}`);
    });
  }

  // ---- reliability: accuracy against confidence, clean and under attack ----
  function reliability(host) {
    const m = models[+host.dataset.model];
    const side = Math.min(380, widthOf(host));
    const f = frame(host, side, { left: 44, right: widthOf(host) - side + 12, top: 26, bottom: 46 },
      `Reliability of the confidence of ${m.name}, clean and under attack`);
    const x = d3.scaleLinear([0, 1], [f.left, f.right]);
    const y = d3.scaleLinear([0, 1], [f.bottom, f.top]);
    axisLeft(f, y, axisPercent);
    axisBottom(f, x, axisPercent, 'confidence');
    axisTitle(f, 'accuracy');
    f.svg.append('line').attr('class', 'guide').attr('x1', x(0)).attr('y1', y(0)).attr('x2', x(1)).attr('y2', y(1));
    f.svg.append('text').attr('class', 'halo').attr('x', x(0.3)).attr('y', y(0.2)).text('perfectly calibrated');
    const area = d3.scaleSqrt([0, 1], [2, 11]);
    for (const [kind, bins] of [['clean', m.clean], ['robust', m.attacked]]) {
      const total = d3.sum(bins, (b) => b.n);
      const g = f.svg.append('g').attr('class', m.css);
      for (const b of bins) {
        tip(g.append('circle').attr('class', `mark ${kind}`).attr('cx', x(b.confidence)).attr('cy', y(b.accuracy)).attr('r', area(b.n / total)),
          `${kind === 'clean' ? 'clean' : 'under attack'}: mean confidence ${percent(b.confidence)}, accuracy ${percent(b.accuracy)}, ${b.n} images`);
      }
    }
  }

  // ---- confusion under attack ----
  function confusion(host) {
    const m = models[+host.dataset.model];
    const { classNames } = m;
    const n = m.confusion.length;
    const most = n > 30 ? 8 : 12;
    const left = labelSpace(classNames, most);
    const width = widthOf(host);
    const longest = Math.min(most, d3.max(classNames, (c) => c.length));
    const overhang = 4.6 * longest;
    const cell = Math.min(46, (width - left - overhang) / n);
    const top = 12 + 4.6 * longest;
    const f = frame(host, top + cell * n + 6, { left, right: width - left - cell * n, top, bottom: 6 },
      `Under attack, what ${m.name} answers for each true class`);
    const g = f.svg.append('g').attr('class', m.css);
    const every = Math.ceil(11 / cell);
    m.confusion.forEach((row, i) => {
      const total = d3.sum(row);
      const y = top + cell * i;
      if (i % every === 0) {
        g.append('text').attr('class', 'strong').attr('x', left - 8).attr('y', y + cell / 2).attr('dy', '.32em').attr('text-anchor', 'end').text(shorten(classNames[i], most));
        g.append('text').attr('transform', `translate(${left + cell * (i + 0.5)},${top - 7}) rotate(-40)`).text(shorten(classNames[i], most));
      }
      row.forEach((count, j) => {
        const share = total ? count / total : 0;
        const x = left + cell * j;
        const opacity = 0.035 + 0.965 * share * (i === j ? 0.42 : 1);
        const ink = opacity > 0.8 ? 'inverse' : opacity > 0.5 ? 'middle' : 'strong';
        tip(g.append('rect').attr('class', `cell ${i === j ? 'correct' : 'mistake'}`).attr('x', x).attr('y', y).attr('width', cell).attr('height', cell)
          .attr('fill-opacity', opacity), `${classNames[i]} taken for ${classNames[j]}: ${count} of ${total}`);
        if (cell >= 15 && share >= 0.005) {
          g.append('text').attr('class', ink).attr('x', x + cell / 2).attr('y', y + cell / 2)
            .attr('dy', '.35em').attr('text-anchor', 'middle').attr('pointer-events', 'none').attr('font-size', Math.min(11, cell * 0.58)).text(Math.round(100 * share));
        }
      });
    });
  }

  // ---- natural corruptions: accuracy by type and severity, darker is less ----
  function corruptions(host) {
    const m = models[+host.dataset.model];
    const { types } = m.corruptions;
    const severities = [...new Set(types.flatMap((t) => t.cells.map((c) => c.severity)))].sort((a, b) => a - b);
    const left = labelSpace(types.map((t) => t.name), 20);
    const width = widthOf(host);
    const cell = Math.min(64, (width - left - 8) / severities.length);
    const high = 22;
    const f = frame(host, 28 + high * types.length + 6, { left, right: width - left - cell * severities.length, top: 28, bottom: 6 },
      `Accuracy of ${m.name} by type and severity of natural corruptions`);
    const g = f.svg.append('g').attr('class', m.css);
    severities.forEach((s, j) => {
      g.append('text').attr('x', left + cell * (j + 0.5)).attr('y', 18).attr('text-anchor', 'middle').text(j ? s : `severity ${s}`);
    });
    types.forEach((t, i) => {
      const y = f.top + high * i;
      g.append('text').attr('class', t.common ? 'strong' : '').attr('x', left - 8).attr('y', y + high / 2).attr('dy', '.32em').attr('text-anchor', 'end').text(shorten(t.name, 20));
      for (const c of t.cells) {
        const x = left + cell * severities.indexOf(c.severity);
        const opacity = 0.035 + 0.9 * (1 - c.rate.value);
        const ink = opacity > 0.8 ? 'inverse' : opacity > 0.5 ? 'middle' : 'strong';
        tip(g.append('rect').attr('class', 'cell mistake').attr('x', x).attr('y', y).attr('width', cell).attr('height', high)
          .attr('fill-opacity', opacity), `${t.name}, severity ${c.severity}: ${rateText(c.rate)}`);
        g.append('text').attr('class', ink).attr('x', x + cell / 2).attr('y', y + high / 2).attr('dy', '.35em').attr('text-anchor', 'middle')
          .attr('pointer-events', 'none').attr('font-size', 11).text(Math.round(100 * c.rate.value));
      }
    });
  }

  // ---- natural corruptions: mean accuracy by severity ----
  function severity(host) {
    const drawn = models.filter((m) => m.corruptions);
    const names = drawn.map((m) => shorten(m.name, 14));
    const f = frame(host, 320, { left: 44, right: labelSpace(names, 14) + 6, top: 26, bottom: 46 },
      'Mean accuracy of each model by severity of natural corruptions');
    const most = d3.max(drawn, (m) => d3.max(m.corruptions.levels, (l) => l.severity));
    const x = d3.scaleLinear([0, most], [f.left, f.right]);
    const y = d3.scaleLinear([0, 1], [f.bottom, f.top]);
    axisLeft(f, y, axisPercent);
    axisBottom(f, x, compact, 'severity', false, d3.range(0, most + 1));
    axisTitle(f, 'accuracy');
    const labels = [];
    for (const m of drawn) {
      const { clean, levels } = m.corruptions;
      const g = f.svg.append('g').attr('class', m.css);
      const points = [{ severity: 0, value: clean.value, ci95: clean.ci95 }, ...levels];
      g.append('path').attr('class', 'band').attr('d',
        d3.area((p) => x(p.severity), (p) => y(p.ci95[0]), (p) => y(p.ci95[1]))(points));
      g.append('path').attr('class', 'line').attr('d', d3.line((p) => x(p.severity), (p) => y(p.value))(points));
      g.append('path').attr('class', 'line dashed').attr('d', d3.line((p) => x(p.severity), (p) => y(p.severity ? p.worst.value : p.value))(points));
      for (const p of points) {
        tip(g.append('circle').attr('class', `mark ${p.severity ? 'robust' : 'clean'}`).attr('cx', x(p.severity)).attr('cy', y(p.value)).attr('r', 3.5),
          p.severity ? `${m.name}, severity ${p.severity}: mean ${percent(p.value)} (95% interval ${percent(p.ci95[0])} to ${percent(p.ci95[1])})` : `${m.name}, no corruption: ${rateText(clean)}`);
        if (p.severity) {
          tip(g.append('circle').attr('class', 'mark robust').attr('cx', x(p.severity)).attr('cy', y(p.worst.value)).attr('r', 2.5),
            `${m.name}, severity ${p.severity}, every type: ${rateText(p.worst)}`);
        }
      }
      const last = points[points.length - 1];
      labels.push({ x: x(last.severity), y: y(last.value), text: shorten(m.name, 14), css: m.css });
    }
    endLabels(f, labels);
  }

  // ---- learning curves ----
  function learning(host) {
    const loss = host.dataset.what === 'loss';
    const drawn = models.filter((m) => (loss ? m.loss : m.cleanByEpoch.concat(m.robustByEpoch)).length);
    const names = drawn.map((m) => shorten(m.name, 12));
    const f = frame(host, 280, { left: 44, right: labelSpace(names, 12) + 6, top: 26, bottom: 46 },
      loss ? 'Training loss of each model by epoch' : 'Validation accuracy of each model by epoch: clean, robust, and of its weakest class');
    const series = drawn.flatMap((m) => (loss
      ? [{ m, points: m.loss }]
      : [{ m, points: m.weakestByEpoch, weakest: true }, { m, points: m.cleanByEpoch, clean: true }, { m, points: m.robustByEpoch }])).filter((s) => s.points.length);
    const points = series.flatMap((s) => s.points);
    const x = d3.scaleLinear([loss ? 0 : Math.min(1, d3.min(points, (p) => p[0])), d3.max(points, (p) => p[0])], [f.left, f.right]);
    const y = d3.scaleLinear([0, loss ? d3.max(points, (p) => p[1]) : 1], [f.bottom, f.top]);
    if (loss) y.nice();
    axisLeft(f, y, loss ? compact : axisPercent);
    const [from, to] = x.domain();
    const whole = d3.range(Math.ceil(from), to + 1e-9, Math.ceil((to - from) / 8) || 1);
    axisBottom(f, x, compact, 'epoch', false, whole);
    axisTitle(f, loss ? 'training loss' : 'validation accuracy');
    const labels = [];
    for (const s of series) {
      const g = f.svg.append('g').attr('class', s.m.css);
      const path = g.append('path').attr('class', `line ${s.clean ? 'dashed' : s.weakest ? 'dotted' : ''}`).attr('d', d3.line((p) => x(p[0]), (p) => y(p[1]))(s.points));
      if (s.weakest) {
        const [, value, samples] = s.points[s.points.length - 1];
        tip(path, `${s.m.name}, weakest class of each epoch, in the end ${percent(value)} of ${samples} images`);
      } else if (!loss) {
        for (const p of s.points) {
          tip(g.append('circle').attr('class', `mark ${s.clean ? 'clean' : 'robust'}`).attr('cx', x(p[0])).attr('cy', y(p[1])).attr('r', 3.5),
            `${s.m.name}, epoch ${compact(p[0])}, ${s.clean ? 'clean' : 'robust'}: ${percent(p[1])}`);
        }
      }
      const last = s.points[s.points.length - 1];
      if (loss || (!s.weakest && (!s.clean || !s.m.robustByEpoch.length))) labels.push({ x: x(last[0]), y: y(last[1]), text: shorten(s.m.name, 12), css: s.m.css });
    }
    endLabels(f, labels);
  }

  // ---- curves by epoch, one or more of each model ----
  function byEpoch(host, label, title, format, top, seriesOf) {
    const drawn = models.filter((m) => seriesOf(m).some((s) => s.points.length));
    const names = drawn.map((m) => shorten(m.name, 12));
    const f = frame(host, 280, { left: 52, right: labelSpace(names, 12) + 6, top: 26, bottom: 46 }, label);
    const series = drawn.flatMap((m) => seriesOf(m).map((s) => ({ m, ...s }))).filter((s) => s.points.length);
    const points = series.flatMap((s) => s.points);
    const x = d3.scaleLinear([0, d3.max(points, (p) => p[0])], [f.left, f.right]);
    const y = d3.scaleLinear([0, top ?? d3.max(points, (p) => p[1])], [f.bottom, f.top]);
    if (top === null) y.nice();
    axisLeft(f, y, format);
    const [, to] = x.domain();
    axisBottom(f, x, compact, 'epoch', false, d3.range(0, to + 1e-9, Math.ceil(to / 8) || 1));
    axisTitle(f, title);
    const labels = [];
    for (const s of series) {
      const g = f.svg.append('g').attr('class', s.m.css);
      if (s.line !== null) {
        tip(g.append('path').attr('class', `line ${s.line}`).attr('d', d3.line((p) => x(p[0]), (p) => y(p[1]))(s.points)), `${s.m.name}, ${s.what}`);
      }
      if (s.mark) {
        for (const p of s.points) {
          tip(g.append('circle').attr('class', `mark ${s.mark}`).attr('cx', x(p[0])).attr('cy', y(p[1])).attr('r', s.line === null ? 2 : 3.5),
            `${s.m.name}, epoch ${compact(p[0])}, ${s.what}: ${format === axisPercent ? percent(p[1]) : compact(p[1])}`);
        }
      }
      const last = s.points[s.points.length - 1];
      if (s.named) labels.push({ x: x(last[0]), y: y(last[1]), text: shorten(s.m.name, 12), css: s.m.css });
    }
    endLabels(f, labels);
  }

  // ---- training's own adversarial examples beside attacked held-out images ----
  function overfitting(host) {
    byEpoch(host, 'Accuracy of each model on its own adversarial examples in training, and on attacked held-out images', 'own examples (dashed), held out', axisPercent, 1, (m) => [
      { points: m.ownByEpoch, what: 'training\'s own adversarial examples', line: 'dashed', named: !m.robustByEpoch.length },
      { points: m.robustByEpoch, what: 'held out, under attack', line: '', mark: 'robust', named: true },
      { points: m.probes, what: 'probe for catastrophic overfitting', line: null, mark: 'robust' },
    ]);
  }

  // ---- how large adversarial examples were ----
  function strength(host) {
    byEpoch(host, 'Radius of the adversarial examples of each model by epoch', 'epsilon in training', compact, null, (m) => [
      { points: m.epsilonByEpoch, what: 'epsilon', line: '', named: true },
    ]);
  }

  // ---- weak classes by epoch, darker is weaker ----
  function weakness(host) {
    const m = models[+host.dataset.model];
    const left = labelSpace(m.classNames, 14);
    const width = widthOf(host);
    const cell = Math.min(46, (width - left - 8) / m.weakness.length);
    const high = 20;
    const f = frame(host, 28 + high * m.classNames.length + 6, { left, right: width - left - cell * m.weakness.length, top: 28, bottom: 6 },
      `How weak each class of ${m.name} was found to be after each epoch`);
    const g = f.svg.append('g').attr('class', m.css);
    const every = Math.ceil(26 / cell);
    m.weakness.forEach((w, j) => {
      if (j % every === 0) g.append('text').attr('x', left + cell * (j + 0.5)).attr('y', 18).attr('text-anchor', 'middle').text(j ? compact(w.epoch) : `epoch ${compact(w.epoch)}`);
    });
    m.classNames.forEach((name, i) => {
      const y = f.top + high * i;
      g.append('text').attr('class', 'strong').attr('x', left - 8).attr('y', y + high / 2).attr('dy', '.32em').attr('text-anchor', 'end').text(shorten(name, 14));
      m.weakness.forEach((w, j) => {
        const value = w.classes[i];
        if (value === undefined) return;
        const opacity = 0.035 + 0.965 * Math.min(1, value);
        const x = left + cell * j;
        tip(g.append('rect').attr('class', 'cell mistake').attr('x', x).attr('y', y).attr('width', cell).attr('height', high).attr('fill-opacity', opacity),
          `${name}, epoch ${compact(w.epoch)}: ${percent(value)} weaker than the best class`);
        if (cell >= 20) {
          g.append('text').attr('class', opacity > 0.8 ? 'inverse' : opacity > 0.5 ? 'middle' : 'strong').attr('x', x + cell / 2).attr('y', y + high / 2)
            .attr('dy', '.35em').attr('text-anchor', 'middle').attr('pointer-events', 'none').attr('font-size', 11).text(Math.round(100 * value));
        }
      });
    });
  }

  // ---- draw all, and again when a width changes ----
  const painters = { outcomes, epsilon, corruptions, severity, classes, reliability, confusion, learning, overfitting, strength, weakness };
  const widths = new WeakMap();
  const paint = (host) => {
    widths.set(host, host.clientWidth);
    painters[host.dataset.chart](host);
  };
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) if (!printing && Math.abs(widths.get(target) - target.clientWidth) > 1) paint(target);
  });
  const hosts = [...document.querySelectorAll('[data-chart]')];
  for (const host of hosts) {
    paint(host);
    observer.observe(host);
  }
  const printed = (on) => () => {
    printing = on;
    hosts.forEach(paint);
  };
  addEventListener('beforeprint', printed(true));
  addEventListener('afterprint', printed(false));

  for (const button of document.querySelectorAll('button[data-copy]')) {
    button.hidden = !navigator.clipboard;
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(() => {
        button.textContent = 'Copied';
        setTimeout(() => { button.textContent = 'Copy'; }, 1500);
      });
    });
  }
})();
