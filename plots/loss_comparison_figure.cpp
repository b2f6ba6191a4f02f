#include "plots/loss_comparison_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "plots/figure.hpp"

namespace digon {
namespace {

/// Numbers of active features that share a colour.
struct ActiveRange {
  Eigen::Index first = 0;
  Eigen::Index last = 0;
};
constexpr std::array<ActiveRange, 9> active_ranges{
    {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 10}, {11, 20}, {21, 1'000'000}}};

std::string range_title(const ActiveRange& range, Eigen::Index n) {
  const Eigen::Index last = std::min(range.last, n);
  return range.first == last ? fmt::format("{{/:Italic k}} = {}", last)
                             : fmt::format("{{/:Italic k}} = {}–{}", range.first, last);
}

double sum_over(const Eigen::VectorXd& by_active, const ActiveRange& range) {
  const Eigen::Index last = std::min(range.last, by_active.size() - 1);
  return range.first > last ? 0.0 : by_active.segment(range.first, last - range.first + 1).sum();
}

void draw_stacks(Figure& figure, const std::vector<LossComparison>& models) {
  Eigen::Index n = 0;
  for (const LossComparison& model : models) n = std::max(n, model.by_active.size() - 1);
  std::vector<double> tops(models.size(), 0.0);
  std::string plots;
  for (std::size_t r = 0; r < active_ranges.size() && active_ranges[r].first <= n; ++r) {
    std::vector<std::vector<double>> boxes;
    for (std::size_t k = 0; k < models.size(); ++k) {
      const double bottom = tops[k];
      tops[k] += sum_over(models[k].by_active, active_ranges[r]);
      boxes.push_back({double(k), bottom, tops[k]});
    }
    figure.data(fmt::format("active{}", r), boxes);
    plots += fmt::format(
        "$active{} using 1:2:($1-0.32):($1+0.32):2:3 with boxxyerror fc rgb '{}' title '{}', ", r,
        ordered_color(double(r) / double(active_ranges.size() - 1)), range_title(active_ranges[r], n));
  }
  figure << "plot " << plots
         << "$sampled using 1:2:(4*$3) with yerrorbars pt 6 ps 1 lw 1.5 lc rgb '#d55e00' title 'sampled ± 4 "
            "s.e.'\n";
}

}  // namespace

void draw_loss_comparison(const std::filesystem::path& path, const std::vector<LossComparison>& models,
                          const LossComparisonLabels& labels) {
  constexpr int edge_left = 80;
  constexpr int legend_width = 190;
  const int plot_width = std::max(330, 75 * int(models.size()));
  const int width = edge_left + plot_width + legend_width;
  Figure figure(width, 540);
  std::vector<std::vector<double>> sampled;
  std::string ticks;
  std::string bare_ticks;
  for (std::size_t k = 0; k < models.size(); ++k) {
    sampled.push_back({double(k), models[k].sampled, models[k].standard_error,
                       (models[k].sampled - models[k].exact) / models[k].standard_error});
    ticks += fmt::format("{}\"{}\" {}", k == 0 ? "" : ", ", models[k].label, k);
    bare_ticks += fmt::format("{}'' {}", k == 0 ? "" : ", ", k);
  }
  figure.data("sampled", sampled);
  figure << fmt::format("set multiplot\nset lmargin at screen {}\nset rmargin at screen {}\n",
                        double(edge_left) / width, double(edge_left + plot_width) / width)
         << fmt::format("set xrange [-0.6:{}]\nset xtics out nomirror ({})\n", double(models.size()) - 0.4,
                        bare_ticks)
         << "set ytics out nomirror\nset grid y lt 1 lw 0.5 lc rgb '#cccccc'\n"
         << "set tmargin at screen 0.92\nset bmargin at screen 0.42\n"
         << fmt::format("set title \"{}\"\nset ylabel \"{}\" offset 0.5\nset yrange [0:*]\n", labels.title,
                        labels.y_axis)
         << fmt::format(
                "set label 1 \"exact loss with\\n{{/:Italic k}} features active\" at screen {},0.91 left\n",
                double(edge_left + plot_width + 14) / width)
         << fmt::format("set key at screen {},0.84 left top Left reverse samplen 1.5 spacing 1.2 invert\n",
                        double(edge_left + plot_width + 10) / width);
  draw_stacks(figure, models);
  figure << "set tmargin at screen 0.36\nset bmargin at screen 0.13\nset title ''\nunset key\nunset label 1\n"
         << fmt::format("set xtics out nomirror ({})\n", ticks)
         << fmt::format("set xlabel \"{}\"\nset ylabel \"(sampled − exact)\\n/ s.e.\" offset 0.5\n",
                        labels.x_axis)
         << "set yrange [-5:5]\nset ytics 4\n"
         << "set arrow 1 from graph 0,first 4 to graph 1,first 4 nohead dt 2 lc rgb '#666666'\n"
         << "set arrow 2 from graph 0,first -4 to graph 1,first -4 nohead dt 2 lc rgb '#666666'\n"
         << "set arrow 3 from graph 0,first 0 to graph 1,first 0 nohead lc rgb '#666666'\n"
         << "plot $sampled using 1:4 with points pt 7 ps 1 lc rgb '#d55e00'\n";
  PlotPoints points{{"model", "exact", "sampled", "standard error"}, {}};
  for (std::size_t k = 0; k < models.size(); ++k) {
    points.points.push_back(
        {double(k),
         sampled[k][3],
         {plain_text(models[k].label), fmt::format("{:.6g}", models[k].exact),
          fmt::format("{:.6g}", models[k].sampled), fmt::format("{:.2g}", models[k].standard_error)}});
  }
  figure.can_be_pointed_at(std::move(points));
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
