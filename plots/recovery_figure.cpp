#include "plots/recovery_figure.hpp"

#include <fmt/format.h>

#include "plots/figure.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int recovery_width = 360;
constexpr int recovery_height = 300;
constexpr int recovery_left = 75;
constexpr int recovery_gap = 90;
constexpr int recovery_bottom = 60;
constexpr int recovery_top = 95;
constexpr int recovery_scale = 110;

/// Half way to the neighbours, from 0 to 1.
std::vector<double> edges_of(const std::vector<double>& values) {
  std::vector<double> edges{0.0};
  for (std::size_t k = 1; k < values.size(); ++k) edges.push_back(0.5 * (values[k - 1] + values[k]));
  edges.push_back(1.0);
  return edges;
}

void draw_recovery_panel(Figure& figure, const RecoveryPanel& panel, std::size_t index, bool last) {
  const std::vector<double> across = edges_of(panel.delta);
  const std::vector<double> up = edges_of(panel.rho);
  std::vector<std::vector<double>> cells;
  PlotPoints points{{"m/n", "k/m", "recovered"}, {}};
  for (std::size_t c = 0; c < panel.delta.size(); ++c) {
    for (std::size_t r = 0; r < panel.rho.size(); ++r) {
      const double share = panel.share(Eigen::Index(r), Eigen::Index(c));
      cells.push_back({panel.delta[c], panel.rho[r], across[c], across[c + 1], up[r], up[r + 1], share});
      points.points.push_back({panel.delta[c],
                               panel.rho[r],
                               {fmt::format("{:.4g}", panel.delta[c]), fmt::format("{:.4g}", panel.rho[r]),
                                fmt::format("{:.3g}", share)}});
    }
  }
  const auto rows = [](const std::vector<Eigen::Vector2d>& line) {
    std::vector<std::vector<double>> all;
    for (const Eigen::Vector2d& point : line) all.push_back({point[0], point[1]});
    return all;
  };
  figure.data(fmt::format("cells{}", index), cells);
  figure.data(fmt::format("threshold{}", index), rows(panel.threshold));
  figure.data(fmt::format("half{}", index), rows(panel.half));
  figure
      << fmt::format("set title \"{}\" offset 0,1.4\n", panel.title)
      << (last ? "set colorbox user origin graph 1.05,0 size graph 0.05,1\n" : "unset colorbox\n")
      << fmt::format(
             "plot $cells{0} using 1:2:3:4:5:6:7 with boxxyerror fs solid noborder lc palette notitle, "
             "$threshold{0} using 1:2 with lines lw 2.5 lc rgb '#d55e00' title 'weak threshold', $half{0} "
             "using "
             "1:2 with points pt 7 ps 0.7 lc rgb 'white' notitle, $half{0} using 1:2 with points pt 6 ps 0.7 "
             "lw 1.5 lc rgb 'black' title 'half recovered'\n",
             index);
  figure.can_be_pointed_at(points);
}

}  // namespace

void draw_recovery(const std::filesystem::path& path, const std::string& title,
                   const std::vector<RecoveryPanel>& panels) {
  const int width =
      recovery_left + int(panels.size()) * (recovery_width + recovery_gap) - recovery_gap + recovery_scale;
  const int height = recovery_bottom + recovery_height + recovery_top;
  Figure figure(width, height);
  figure << "set multiplot\nset tics out nomirror\nset border 3\nset xrange [0:1]\nset yrange [0:1]\nset "
            "cbrange "
            "[0:1]\nset xlabel \"δ = {/:Italic m}/{/:Italic n}\"\nset ylabel \"ρ = {/:Italic k}/{/:Italic "
            "m}\"\nset key at graph 0,1.01 left bottom Left reverse horizontal maxrows 1 samplen 1.5\nset "
            "cblabel \"share recovered\"\n"
         << sequential_palette
         << fmt::format("\nset label 99 \"{}\" at screen 0.5,{} center\n", title, 1.0 - 20.0 / height);
  for (std::size_t k = 0; k < panels.size(); ++k) {
    figure.place(recovery_left + int(k) * (recovery_width + recovery_gap), recovery_bottom, recovery_width,
                 recovery_height);
    draw_recovery_panel(figure, panels[k], k, k + 1 == panels.size());
    if (k == 0) figure << "unset label 99\n";
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
