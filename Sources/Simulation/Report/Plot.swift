import Eviction
import Glibc

extension Report {
    /// The miss-ratio curves, by objects and by bytes, as one SVG image without anything from elsewhere.
    package var svg: String {
        let panels = [
            Panel(title: "Object misses, %", left: 60) { 1 - $0.objectHitRatio },
            Panel(title: "Byte misses, %", left: 560) { 1 - $0.byteHitRatio },
        ]
        let curves = byPolicy
        let legend = curves.enumerated().map { index, own in
            let x = 60 + index * 110
            return """
                <line x1="\(x)" y1="20" x2="\(x + 20)" y2="20" stroke="\(Self.color(index))" stroke-width="3"/>
                <text x="\(x + 26)" y="24">\(own[0].policy.rawValue)</text>

                """
        }.joined()
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1040 440" font-family="sans-serif" font-size="12">
            <rect width="1040" height="440" fill="white"/>
            \(legend)\(panels.map { draw($0, curves) }.joined())</svg>

            """
    }

    /// The same image in a page, with the table below it.
    package var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Miss ratios</title></head>
        <body>
        \(svg)<pre>\(table)</pre>
        </body></html>

        """
    }

    private struct Panel {
        static let (top, width, height) = (60.0, 420.0, 320.0)

        var title: String
        var left: Double
        var miss: (Outcome) -> Double
    }

    private func draw(_ panel: Panel, _ curves: [[Outcome]]) -> String {
        let capacities = Set(outcomes.map(\.capacity)).sorted()
        guard let first = capacities.first, let last = capacities.last else { return "" }
        let misses = outcomes.map(panel.miss)
        let (low, high) = ((misses.min() ?? 0) * 0.95, max(0.01, min(1, (misses.max() ?? 1) * 1.02)))
        // Sizes are apart by factors: a logarithmic axis.
        let span = max(1e-9, log(Double(last) / Double(first)))
        func x(_ capacity: Int) -> Double { panel.left + Panel.width * log(Double(capacity) / Double(first)) / span }
        func y(_ miss: Double) -> Double { Panel.top + Panel.height * (high - miss) / max(1e-9, high - low) }
        func number(_ value: Double) -> String { Self.decimal(value, 1) }

        var image = "<text x=\"\(number(panel.left))\" y=\"48\" font-weight=\"bold\">\(panel.title)</text>\n"
        for step in 0...4 {
            let miss = low + (high - low) * Double(step) / 4
            image += """
                <line x1="\(number(panel.left))" y1="\(number(y(miss)))" x2="\(number(panel.left + Panel.width))" \
                y2="\(number(y(miss)))" stroke="#ddd"/>
                <text x="\(number(panel.left - 6))" y="\(number(y(miss) + 4))" text-anchor="end">\(number(miss * 100))</text>

                """
        }
        for capacity in capacities {
            image += """
                <text x="\(number(x(capacity)))" y="\(number(Panel.top + Panel.height + 18))" \
                text-anchor="middle">\(size(capacity))</text>

                """
        }
        for (index, own) in curves.enumerated() {
            let points = own.map { "\(number(x($0.capacity))),\(number(y(panel.miss($0))))" }.joined(separator: " ")
            image +=
                "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(Self.color(index))\" stroke-width=\"2\"/>\n"
        }
        return image
    }

    /// Told apart by the colour-blind too (Okabe and Ito, 2008).
    private static func color(_ index: Int) -> String {
        let colors = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a0a000"]
        return colors[index % colors.count]
    }
}
