"""Figures: pure plotly drawings of trees and candidates. They know neither pages nor models."""
