#include "plots/packing_figure.hpp"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "core/algebra/products.hpp"
#include "plots/figure.hpp"
#include "plots/view.hpp"

namespace digon {
namespace {

// In SVG pixels.
constexpr int panel_size = 330;
constexpr int left_edge = 30;
constexpr int right_panel = 530;
constexpr int bottom = 70;
constexpr int width = 900;
constexpr int height = 450;

constexpr const char* point_color = "#0072b2";
constexpr const char* hidden_color = "#99c7e0";

/// Above this many points the hull is not drawn: its edges would cover the points.
constexpr Eigen::Index most_with_hull = 150;

/// More different inner products than this are drawn as a histogram.
constexpr std::size_t most_lines = 40;
constexpr int bins = 40;
constexpr double bin = 2.0 / bins;

using InnerProducts = std::vector<std::pair<double, std::size_t>>;

std::vector<std::vector<double>> as_rows(const InnerProducts& pairs) {
  std::vector<std::vector<double>> rows;
  for (const auto& [value, count] : pairs) rows.push_back({value, double(count)});
  return rows;
}

std::vector<std::vector<double>> histogram(const InnerProducts& pairs) {
  std::vector<std::vector<double>> rows;
  rows.reserve(bins);
  for (int k = 0; k < bins; ++k) rows.push_back({-1.0 + bin * (k + 0.5), 0.0});
  for (const auto& [value, count] : pairs) {
    const auto place = std::size_t(std::clamp((value + 1.0) / bin, 0.0, double(rows.size()) - 0.5));
    rows[place][1] += double(count);
  }
  return rows;
}

std::string circle() {
  return fmt::format("set parametric\nset trange [0:{}]\n", 2.0 * std::numbers::pi);
}

void draw_circle(Figure& figure, const Eigen::MatrixXd& W) {
  std::vector<std::vector<double>> points;
  for (Eigen::Index i = 0; i < W.cols(); ++i) points.push_back({W(0, i), W(1, i)});
  figure.data("points", points);
  figure
      << "set size ratio -1\nunset border\nunset tics\nset xrange [-1.15:1.15]\nset yrange [-1.15:1.15]\n"
      << circle() << "plot cos(t), sin(t) with lines lw 1 lc rgb '#999999' notitle, "
      << fmt::format(
             "$points using (0):(0):1:2 with vectors nohead lw 1.5 lc rgb '{0}' notitle, $points using 1:2 "
             "with points pt 7 ps 1 lc rgb '{0}' notitle\nunset parametric\n",
             point_color);
}

void draw_sphere(Figure& figure, const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd seen = oblique_view() * W;  // the viewer is at z = +∞
  const std::vector<HullEdge> hull = W.cols() <= most_with_hull ? hull_edges(seen) : std::vector<HullEdge>{};
  std::vector<bool> visible(std::size_t(W.cols()), false);
  std::vector<std::vector<double>> front_edges;
  std::vector<std::vector<double>> back_edges;
  for (const auto& [i, j, edge_visible] : hull) {
    if (edge_visible) visible[std::size_t(i)] = visible[std::size_t(j)] = true;
    (edge_visible ? front_edges : back_edges)
        .push_back({seen(0, i), seen(1, i), seen(0, j) - seen(0, i), seen(1, j) - seen(1, i)});
  }
  std::vector<std::vector<double>> front_points;
  std::vector<std::vector<double>> back_points;
  for (Eigen::Index i = 0; i < seen.cols(); ++i) {
    const bool front = hull.empty() ? seen(2, i) >= 0.0 : bool(visible[std::size_t(i)]);
    (front ? front_points : back_points).push_back({seen(0, i), seen(1, i)});
  }
  figure << "set size ratio -1\nunset border\nunset tics\nset xrange [-1.1:1.1]\nset yrange [-1.1:1.1]\n"
         << circle();
  std::string plot = "plot cos(t), sin(t) with lines lw 1 lc rgb '#bbbbbb' notitle";
  const auto add = [&](const char* name, const std::vector<std::vector<double>>& rows,
                       const std::string& style) {
    if (rows.empty()) return;
    figure.data(name, rows);
    plot += fmt::format(", ${} {} notitle", name, style);
  };
  const double size = W.cols() > 60 ? 0.6 : 1.0;
  add("hidden", back_edges,
      fmt::format("using 1:2:3:4 with vectors nohead dt 2 lw 1 lc rgb '{}'", hidden_color));
  add("behind", back_points,
      fmt::format("using 1:2 with points pt 7 ps {} lc rgb '{}'", 0.7 * size, hidden_color));
  add("edges", front_edges, "using 1:2:3:4 with vectors nohead lw 1.5 lc rgb '#444444'");
  add("front", front_points, fmt::format("using 1:2 with points pt 7 ps {} lc rgb '{}'", size, point_color));
  figure << plot << "\nunset parametric\n";
}

void draw_gram(Figure& figure, const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd G = gram(W);
  std::vector<std::vector<double>> cells;
  for (Eigen::Index i = 0; i < G.rows(); ++i) {
    for (Eigen::Index j = 0; j < G.cols(); ++j) cells.push_back({double(j), double(i), G(i, j)});
  }
  figure.data("gram", cells);
  const double n = double(G.rows());
  figure << diverging_palette
         << fmt::format("set xrange [-0.5:{0}]\nset yrange [{0}:-0.5]\nset cbrange [-1:1]\n", n - 0.5)
         << "set tics out nomirror\nset xlabel 'point'\nset ylabel 'point' offset 1\nset cblabel '{/:Italic "
            "w_i · "
            "w_j}' offset -0.5\nplot $gram using 1:2:3 with image notitle\nunset xlabel\nunset ylabel\n";
}

}  // namespace

std::vector<HullEdge> hull_edges(const Eigen::MatrixXd& points) {
  constexpr double coplanar = 1e-7;
  const Eigen::Index n = points.cols();
  std::set<std::vector<Eigen::Index>> faces;
  std::map<std::pair<Eigen::Index, Eigen::Index>, bool> edges;  // and whether a face beside them looks up
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = i + 1; j < n; ++j) {
      for (Eigen::Index k = j + 1; k < n; ++k) {
        const Eigen::Vector3d a = points.col(i);
        Eigen::Vector3d normal = Eigen::Vector3d(points.col(j) - a).cross(Eigen::Vector3d(points.col(k) - a));
        if (normal.norm() < 1e-12) continue;
        normal.normalize();
        const Eigen::VectorXd above = points.transpose() * normal;
        const double plane = a.dot(normal);
        if (above.maxCoeff() > plane + coplanar && above.minCoeff() < plane - coplanar) continue;
        std::vector<Eigen::Index> face;
        for (Eigen::Index l = 0; l < n; ++l) {
          if (std::abs(above[l] - plane) <= coplanar) face.push_back(l);
        }
        if (!faces.insert(face).second) continue;
        const Eigen::Vector3d outward =
            above.maxCoeff() > plane + coplanar ? Eigen::Vector3d(-normal) : normal;
        const bool looks_up = outward.z() > 0.0;
        // Round the face, by angle.
        Eigen::Vector3d middle = Eigen::Vector3d::Zero();
        for (const Eigen::Index l : face) middle += points.col(l) / double(face.size());
        const Eigen::Vector3d x = (a - middle).normalized();
        const Eigen::Vector3d y = normal.cross(x);
        const auto angle = [&](Eigen::Index l) {
          const Eigen::Vector3d from = points.col(l) - middle;
          return std::atan2(from.dot(y), from.dot(x));
        };
        std::sort(face.begin(), face.end(),
                  [&](Eigen::Index p, Eigen::Index q) { return angle(p) < angle(q); });
        for (std::size_t l = 0; l < face.size(); ++l) {
          edges[std::minmax(face[l], face[(l + 1) % face.size()])] |= looks_up;
        }
      }
    }
  }
  std::vector<HullEdge> result;
  result.reserve(edges.size());
  for (const auto& [ends, visible] : edges) result.push_back({ends.first, ends.second, visible});
  return result;
}

void draw_packing(const std::filesystem::path& path, const PackingDrawing& drawing) {
  Figure figure(width, height);
  const bool binned = drawing.inner_products.size() > most_lines;
  figure.data("pairs", binned ? histogram(drawing.inner_products) : as_rows(drawing.inner_products));
  figure << "set multiplot\n"
         << fmt::format("set label 1 \"{}\" at screen 0.5,0.955 center\n", drawing.title);
  figure.place(drawing.W.rows() > 3 ? left_edge + 45 : left_edge, bottom, panel_size, panel_size);
  switch (drawing.W.rows()) {
    case 2:
      draw_circle(figure, drawing.W);
      break;
    case 3:
      draw_sphere(figure, drawing.W);
      break;
    default:
      draw_gram(figure, drawing.W);
      break;
  }
  figure << "unset label 1\n";
  figure.place(right_panel + 45, bottom, width - right_panel - 70, panel_size);
  figure
      << "set size noratio\nset border 3\nset xtics out nomirror autofreq\nset ytics out nomirror autofreq\n"
         "set xrange [-1.05:1.05]\nset yrange [0:*]\nset offsets 0,0,graph 0.08,0\n"
         "set xlabel 'inner product {/:Italic w_i · w_j}'\n";
  if (binned) {
    figure << fmt::format(
        "set ylabel 'pairs in a bin of {}' offset 1\nplot $pairs using 1:2:({}) with boxes fs solid 0.8 "
        "lc rgb '{}' notitle\n",
        bin, bin, point_color);
  } else {
    figure << "set ylabel 'pairs' offset 1\n"
           << fmt::format(
                  "plot $pairs using 1:2 with impulses lw 3 lc rgb '{0}' notitle, $pairs using 1:2 with "
                  "points pt "
                  "7 ps 0.6 lc rgb '{0}' notitle\n",
                  point_color);
  }
  figure << "unset multiplot\n";
  figure.save(path);
}

}  // namespace digon
